/** nghttpx, nghttp2's own proxy, with one worker: HTTP/2 on both sides in C++. */
import { writeFileSync } from 'node:fs';
import { findProgram, firstLine } from '../machine/programs.ts';
import type { BenchProxy } from './proxy.ts';

export function nghttpx(): BenchProxy | undefined {
  const binary = findProgram('nghttpx');
  if (binary === undefined) return undefined;
  return {
    name: 'nghttpx',
    version: firstLine(binary, ['--version']).replace(/^.*\//, ''),
    prepare(job, site) {
      const text = job.nghttpx?.(site);
      if (text === undefined) return undefined;
      writeFileSync(`${site.dir}/nghttpx.conf`, text);
      return {
        command: [binary, `--conf=${site.dir}/nghttpx.conf`],
        ready: { port: site.listen, path: '/' },
      };
    },
  };
}
