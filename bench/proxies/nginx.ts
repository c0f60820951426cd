/** nginx as a proxy: the leanest C peer that speaks HTTP/1.1 on both sides. */
import { writeFileSync } from 'node:fs';
import { findProgram, firstLine } from '../machine/programs.ts';
import type { BenchProxy } from './proxy.ts';

export function nginx(): BenchProxy | undefined {
  const binary = findProgram('nginx');
  if (binary === undefined) return undefined;
  return {
    name: 'nginx',
    version: firstLine(binary, ['-v']).replace(/^.*nginx\//, ''),
    prepare(job, site) {
      const text = job.nginx(site);
      if (text === undefined) return undefined;
      writeFileSync(`${site.dir}/nginx.conf`, text);
      return {
        command: [binary, '-p', site.dir, '-c', `${site.dir}/nginx.conf`, '-e', `${site.dir}/error.log`],
        ready: { port: job.readyOnAdmin === true ? site.admin : site.listen, path: '/' },
      };
    },
  };
}
