//! Pictures of what each process had.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::samples::{MIB, Measure, Samples};

const SIZE: (u32, u32) = (900, 420);

/// A picture of each measure, with a line a face.
pub(super) fn all(samples: &[Samples], folder: &Path) -> Result<()> {
    let measures: [(&str, &str, Measure); 3] = [
        ("memory", "Resident memory, MiB", |sample| sample.memory / MIB),
        ("files", "Open files", |sample| sample.files),
        ("threads", "Threads", |sample| sample.threads),
    ];
    for (name, title, measure) in measures {
        let file = folder.join(format!("{name}.svg"));
        draw(samples, &file, title, measure).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn draw(
    samples: &[Samples],
    file: &Path,
    title: &str,
    measure: Measure,
) -> Result<(), Box<dyn std::error::Error>> {
    let every = || samples.iter().flat_map(|samples| &samples.all);
    let end = every().map(|sample| sample.at).fold(1.0, f64::max);
    let most = every().map(measure).fold(1.0, f64::max) * 1.1;
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..end, 0.0..most)?;
    chart.configure_mesh().light_line_style(TRANSPARENT).x_desc("seconds").draw()?;
    for (number, samples) in samples.iter().enumerate() {
        let colour = Palette99::pick(number).to_rgba();
        let line = samples.all.iter().map(|sample| (sample.at, measure(sample)));
        chart
            .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
            .label(samples.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).draw()?;
    root.present()?;
    Ok(())
}
