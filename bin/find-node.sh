# shellcheck shell=sh
# Sourced by the launchers: sets NODE to a Node >= 26, first the one pinned by npm, else the one on PATH.
# Not node_modules/.bin/node: Debian's npm drops that link (DESIGN 3.4).
find_node() {
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) arch=none ;;
  esac
  # The package may be hoisted above ours when we are installed as somebody's dependency.
  dir=$1
  while :; do
    NODE=$dir/node_modules/node-linux-$arch/bin/node
    [ -x "$NODE" ] && return 0
    [ "$dir" = / ] && break
    dir=$(dirname -- "$dir")
  done
  NODE=$(command -v node) && [ "$("$NODE" -p 'process.versions.node.split(".")[0] >= 26' 2>/dev/null)" = true ] && return 0
  echo "remora: needs Node 26 or newer: run 'npm ci' (it brings one along), or put one on PATH" >&2
  return 1
}
