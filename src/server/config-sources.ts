// Owns reading the bootstrap's sources: the file, and --config-yaml laid over it.
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type ConfigSource, formatOfFile } from '../config/api.ts';
import type { ServerOptions } from './options.ts';

/** What stands for standard input as a file name. */
const standardInput = '-';

/** Throws the system's error, in words that name the folder a relative path counts from, when the file cannot be read. */
export function readSources(options: Pick<ServerOptions, 'configPath' | 'configYaml'>): ConfigSource[] {
  const sources: ConfigSource[] = [];
  const { configPath, configYaml } = options;
  if (configPath === standardInput) {
    sources.push({ name: 'standard input', format: 'yaml', text: readFileSync(0, 'utf8') });
  } else if (configPath !== '') {
    const format = formatOfFile(configPath);
    const bytes = readBytes(configPath);
    sources.push(
      format === 'binary_proto'
        ? { name: configPath, format, text: '', bytes }
        : { name: configPath, format, text: bytes.toString('utf8') },
    );
  }
  if (configYaml !== '') sources.push({ name: '--config-yaml', format: 'yaml', text: configYaml });
  return sources;
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (!(error instanceof Error) || isAbsolute(path)) throw error;
    throw new Error(`${error.message} (a relative path: the working directory is ${process.cwd()})`);
  }
}
