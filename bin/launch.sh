# shellcheck shell=sh
# Sourced by bin/remora and bin/envoy: replaces the shell by Node with the flags of DESIGN 3.4.
# A checkout (src/ is there) runs from source, so that an edit shows at once; a package or an image has only dist/.
# REMORA_DIST=1 takes the bundle in a checkout too. REMORA_NODE_FLAGS adds flags of Node (--cpu-prof, --inspect).

# launch PROGRAM FILE ARGUMENTS...: FILE is the launcher itself, links followed.
launch() {
  program=$1
  root=$(CDPATH='' cd -- "$(dirname -- "$2")/.." && pwd -P) || exit 1
  shift 2

  # shellcheck source=find-node.sh
  . "$root/bin/find-node.sh"
  find_node "$root" || exit 1

  if [ -d "$root/src" ] && [ "${REMORA_DIST:-0}" != 1 ]; then
    entry=$root/src/cli/$program.ts
  else
    entry=$root/dist/$program.js
  fi

  # One malloc arena, and a young generation of 2 MB from the start, 3 MB under load: V8 would begin with 1 MB, collect more
  # often and move what lives a little longer to the old generation, which costs 12 % CPU at 32 connections and a p99 of
  # 4 ms. Each further megabyte costs 2 MB of memory and saves less than 2 % CPU.
  MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1}
  export MALLOC_ARENA_MAX
  # REMORA_NODE_FLAGS is a list: it must be split.
  # shellcheck disable=SC2086
  exec "$NODE" --min-semi-space-size=2 --max-semi-space-size=3 --v8-pool-size=0 --expose-gc \
    --enable-experimental-regexp-engine-on-excessive-backtracks --disable-warning=ExperimentalWarning \
    ${REMORA_NODE_FLAGS:-} "$entry" "$@"
}
