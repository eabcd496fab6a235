#!/bin/bash
# Cuts the power while filings are appended, as far as that can be done without a plug: the ledger lies in
# an ext4 file system in a file, mounted through a loop device. At a random instant the program is stopped
# and the file is copied as it is; what was never written to it is gone. The copy is mounted, which replays
# its own journal, and the ledger in it must open, verify, hold every filing that was told as recorded
# before, and take the rest.
#
# As root, from the project's folder, with nothing else needed than mkfs.ext4 and mount:
#
#     cargo build --release && cargo bench --bench corpus --no-run
#     benches/power_cut.sh 200
#     FILINGS=3000 benches/power_cut.sh 50
#
# With BLOCKHOLDER_BLESS the run is written to docs/faults.md, in the place of the last one with as many
# filings.
set -eu
times=${1:-20}
program=${PROGRAM:-target/release/blockholder}
corpus=${CORPUS:-$(ls -t target/release/deps/corpus-* | grep -v '\.d$' | head -1)}
filings=${FILINGS:-300}
work=$(mktemp -d)
live=$work/live cut=$work/cut
mkdir "$live" "$cut"
ended() {
    mountpoint -q "$live" && umount "$live"
    mountpoint -q "$cut" && umount "$cut"
    rm -rf "$work"
}
trap ended EXIT

"$corpus" $filings 1 >"$work/feed.tar" 2>/dev/null
# In bits with pauses, so that they are acknowledged in many batches, and within five seconds.
chunks=20
chunk=$(($(stat -c %s "$work/feed.tar") / chunks + 1))
feed() {
    for at in $(seq 0 $((chunks - 1))); do
        dd if="$work/feed.tar" bs=$chunk skip="$at" count=1 status=none 2>/dev/null || return 0
        sleep 0.25
    done
}

truncate -s $((64 + filings / 10))M "$work/empty.img"
mkfs.ext4 -q "$work/empty.img"
mount -o loop "$work/empty.img" "$live"
"$program" --ledger "$live/ledger" init >"$work/init"
umount "$live"

batches=0 behind=0 all=0
for n in $(seq 1 "$times"); do
    cp --sparse=always "$work/empty.img" "$work/live.img"
    mount -o loop "$work/live.img" "$live"
    mkfifo "$work/pipe"
    feed >"$work/pipe" 2>/dev/null &
    feeder=$!
    "$program" --ledger "$live/ledger" append - <"$work/pipe" >"$work/told" 2>"$work/said" &
    appending=$!
    sleep "$((RANDOM % 4)).$((RANDOM % 900 + 100))"
    kill -STOP $appending 2>/dev/null || true
    # What stands in this file now was on the disk; a line of it was printed after its batch was synced.
    cp "$work/told" "$work/told.now"
    cp --sparse=always "$work/live.img" "$work/cut.img"
    kill -KILL $appending 2>/dev/null || true
    kill $feeder 2>/dev/null || true
    wait $appending $feeder 2>/dev/null || true
    rm "$work/pipe"
    umount "$live"

    told=$(grep -c '^recorded' "$work/told.now" || true)
    mount -o loop "$work/cut.img" "$cut"
    "$program" --ledger "$cut/ledger" log --limit 1 >"$work/log" 2>"$work/notes" ||
        { echo "cut $n: the ledger does not open"; cat "$work/notes"; exit 1; }
    "$program" --ledger "$cut/ledger" verify >"$work/verified" 2>&1 ||
        { echo "cut $n: a fault"; cat "$work/verified"; exit 1; }
    held=$("$program" --ledger "$cut/ledger" log --json 2>/dev/null | grep -c FilingRecorded || true)
    [ "$held" -ge "$told" ] || { echo "cut $n: $told told as recorded, $held held"; exit 1; }
    "$program" --ledger "$cut/ledger" append -q "$work/feed.tar" >"$work/again" 2>&1 ||
        { echo "cut $n: it does not go on"; cat "$work/again"; exit 1; }
    held=$("$program" --ledger "$cut/ledger" log --json 2>/dev/null | grep -c FilingRecorded || true)
    [ "$held" -eq $filings ] || { echo "cut $n: $filings appended, $held held"; exit 1; }
    umount "$cut"
    [ "$told" -gt 0 ] && batches=$((batches + 1))
    [ -s "$work/notes" ] && behind=$((behind + 1))
    [ "$told" -eq $filings ] && all=$((all + 1))
    rm "$work/live.img" "$work/cut.img"
done
echo "$times cuts: $batches after something was acknowledged ($all after everything), $behind with a note on" \
    "opening; nothing acknowledged lost, every ledger verified and went on"
[ -n "${BLOCKHOLDER_BLESS:-}" ] || exit 0
# Before this, whatever was lost or damaged ended the run.
row="| $filings | $times | $batches | $behind | nothing; every ledger verified, held what was told, and took the rest |"
awk -v row="$row" -v of="| $filings |" '
    /^<!-- :power -->$/ && within { if (!put) print row; within = 0 }
    within && index($0, of) == 1 { if (!put) print row; put = 1; next }
    { print }
    /^<!-- power: -->$/ { within = 1 }
' docs/faults.md >"$work/faults.md"
cp "$work/faults.md" docs/faults.md
