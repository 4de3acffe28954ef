# A stranger's script. `ava` is on PATH; the first argument is the folder that the archive was unpacked to.
set -eu
phone=+15550100142
here=$1

fail() {
  echo "not so: $1" >&2
  exit 1
}

ava send "$phone" 'Hello from a shell' --json > sent.json
grep -q '"confirmation": *"response"' sent.json || fail "it is sent: $(cat sent.json)"
sleep 1 # the answer comes after 200 ms
ava poll --json > poll.json
grep -q 'Echo: Hello from a shell' poll.json || fail "the answer comes: $(cat poll.json)"
ava messages "$phone" > history.txt
grep -q 'Hello from a shell' history.txt || fail "it is in the history: $(cat history.txt)"

code=0
AVA_API_KEY=sk_wrong ava send "$phone" 'Let me in' --json 2> refused.json || code=$?
grep -q '"code": *"authentication"' refused.json || fail "a wrong key is refused: $(cat refused.json)"
test "$code" -eq 3 || fail "by its exit code: $code"

for file in completions/ava.bash completions/_ava completions/ava.fish completions/ava.ps1 man/man1/ava.1 \
  man/man1/ava-send.1 LICENSE-MIT LICENSE-APACHE README.md; do
  test -s "$here/$file" || fail "$file is in the archive"
done
if command -v bash > /dev/null; then
  bash -nc ". '$here/completions/ava.bash'" || fail "bash reads its completions"
fi
