# Reads a file: a line that says what it is, then its bytes. $1 is its path.
LC_ALL=C
export LC_ALL
f=$1
[ -L "$f" ] && f=$(readlink -f -- "$f")
if [ ! -e "$f" ]; then
  if [ -L "$1" ]; then echo "keywright dangling"
  elif [ ! -d "$(dirname -- "$f")" ]; then echo "keywright directory"
  else echo "keywright missing"
  fi
  exit 0
fi
[ -f "$f" ] || { echo "keywright odd"; exit 0; }
s=$(wc -c <"$f") || exit 3
s=$((s))
[ "$s" -le 1048576 ] || { echo "keywright large"; exit 0; }
m=$(stat -c "%.9Y %a" -- "$f" 2>/dev/null || stat -f "%m %Lp" -- "$f") || exit 3
n=$(date +%s.%N)
case $n in *N*) n=$(date +%s) ;; esac
echo "keywright file $s $m $n"
exec cat -- "$f"
