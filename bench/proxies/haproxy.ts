/** HAProxy with one thread. */
import { writeFileSync } from 'node:fs';
import { findProgram, firstLine } from '../machine/programs.ts';
import type { BenchProxy } from './proxy.ts';

export function haproxy(): BenchProxy | undefined {
  const binary = findProgram('haproxy');
  if (binary === undefined) return undefined;
  return {
    name: 'haproxy',
    version: firstLine(binary, ['-v']).replace(/^HAProxy version (\S+).*$/, '$1'),
    prepare(job, site) {
      const text = job.haproxy(site);
      if (text === undefined) return undefined;
      writeFileSync(`${site.dir}/haproxy.cfg`, text);
      return {
        command: [binary, '-db', '-f', `${site.dir}/haproxy.cfg`],
        ready: { port: job.readyOnAdmin === true ? site.admin : site.listen, path: '/' },
      };
    },
  };
}
