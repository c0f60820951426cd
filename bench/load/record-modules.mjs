/**
 * Preloaded into the proxy by bench/imports.ts (`--import`): writes which files and built-in modules have been loaded to
 * $BENCH_RECORD_MODULES. JavaScript, as it must load before any type stripping is set up, and small, so as to add little of
 * its own.
 */
import { writeFileSync } from 'node:fs';
import { builtinModules, registerHooks } from 'node:module';

const target = process.env.BENCH_RECORD_MODULES;
const publicNames = new Set(builtinModules);
const files = [];

registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) files.push(url);
    return nextLoad(url, context);
  },
});

/** moduleLoadList is what Node keeps for its own tests of start-up: 'NativeModule net', 'Internal Binding tcp_wrap', … */
function builtins() {
  const loaded = process.moduleLoadList.map((entry) => entry.replace(/^NativeModule /, ''));
  return loaded.filter((name) => publicNames.has(name)).sort();
}

function write() {
  writeFileSync(target, JSON.stringify({ files, builtins: builtins() }));
}

if (target !== undefined) {
  // Unreferenced: recording must not keep a process alive that wants to end.
  for (const delay of [1_000, 2_000, 4_000]) setTimeout(write, delay).unref();
}
