// Owns reading the bootstrap's sources: the file, and --config-yaml laid over it.
import { readFileSync } from 'node:fs';
import { type ConfigSource, formatOfFile } from '../config/api.ts';
import type { ServerOptions } from './options.ts';

/** Throws the system's error when the file cannot be read. */
export function readSources(options: Pick<ServerOptions, 'configPath' | 'configYaml'>): ConfigSource[] {
  const sources: ConfigSource[] = [];
  const { configPath, configYaml } = options;
  if (configPath !== '') {
    const format = formatOfFile(configPath);
    const bytes = readFileSync(configPath);
    sources.push(
      format === 'binary_proto'
        ? { name: configPath, format, text: '', bytes }
        : { name: configPath, format, text: bytes.toString('utf8') },
    );
  }
  if (configYaml !== '') sources.push({ name: '--config-yaml', format: 'yaml', text: configYaml });
  return sources;
}
