# Replaces a file in one step. $1 is its path, $2 "known" or "new", $3 and $4 the sizes of what was read and of what is to
# be there; both come on standard input, one after the other. At every instant the file is the old one or the new one.
LC_ALL=C
export LC_ALL
umask 077
f=$1
[ -L "$f" ] && f=$(readlink -f -- "$f")
d=$(dirname -- "$f")
b=$(basename -- "$f")
all="$d/.$b.keywright-all"
old="$d/.$b.keywright-old"
part="$d/.$b.keywright-part"
backup="$d/$b.keywright-backup"
no() {
  rm -f -- "$all" "$old" "$part" "$backup-part"
  echo "keywright $*"
  exit 0
}
facts() { stat -c "$1" -- "$f" 2>/dev/null || stat -f "$2" -- "$f"; }
# The same lock as on this machine, where there is a program for it.
if command -v flock >/dev/null 2>&1; then
  exec 9<"$d" || { echo "keywright no cannot open $d"; exit 0; }
  flock -n 9 || { echo "keywright locked"; exit 0; }
fi
rm -f -- "$all" "$old" "$part" "$backup-part"
{ cat >"$all"; } 2>/dev/null || no "no cannot write in $d"
[ "$(wc -c <"$all")" -eq $(($3 + $4)) ] || no cut
head -c "$3" "$all" >"$old" && tail -c "$4" "$all" >"$part" || no "no cannot write in $d"
rm -f -- "$all"
if [ "$2" = new ]; then
  [ ! -e "$f" ] || no changed
else
  cmp -s -- "$f" "$old" || no changed
  owner=$(facts "%u:%g" "%u:%g") && mode=$(facts "%a" "%Lp") || no "no cannot look at $f"
  # Another owner than ours can only be kept by root.
  for copy in "$part" "$old"; do
    chown "$owner" "$copy" 2>/dev/null || no owner
    chmod "$mode" "$copy" || no owner
  done
  cp -p -- "$old" "$backup-part" && mv -f -- "$backup-part" "$backup" || no "no cannot write $backup"
fi
sync -- "$part" 2>/dev/null || sync
[ "$2" = new ] || cmp -s -- "$f" "$old" || no changed
mv -f -- "$part" "$f" || no "no cannot replace $f"
rm -f -- "$old"
sync -- "$d" 2>/dev/null || sync
echo "keywright done"
