package com.buzzedtech.ava.imessage

import java.io.File

/** Where a [Listener] keeps what was acknowledged, so that after a restart it goes on there. */
public sealed interface Checkpoint

/**
 * A file, which is written as a whole or not at all. On Android: `File(context.noBackupFilesDir, "inbox.json")`.
 *
 * Each is of one listener at a time: of two at the same file each would overwrite what the other keeps, and nothing here
 * notices.
 *
 * @property file The file; it need not be there yet.
 */
public class FileCheckpoint(
    public val file: File,
) : Checkpoint

/**
 * The app's own place: a row, a preference; of one listener at a time, as a [FileCheckpoint]. Both functions run on
 * [kotlinx.coroutines.Dispatchers.Default], one at a time, and have the deadline of a call. What they throw is the cause of
 * an [AvaException.Storage].
 */
public interface CheckpointStore : Checkpoint {
    /** The text saved last, or `null` if there never was one. */
    public suspend fun load(): String?

    /** Keeps a text in place of the last, which must still be there if this fails. */
    public suspend fun save(state: String)
}
