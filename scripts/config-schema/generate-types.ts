/**
 * Makes the TypeScript declarations of the whole API in src/generated/ (git-ignored) from config-schema/envoy-v3.binpb,
 * by feeding it to protoc-gen-es as protoc would. Runs at install. Declarations only: messages are made at run time from
 * the descriptors themselves (src/config/registry.ts), since generated modules would cost 156 MB (DESIGN 3.2).
 * Nothing is done when the declarations are newer than what they are made of.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';

const root = join(import.meta.dirname, '../..');
const input = join(root, 'config-schema/envoy-v3.binpb');
const plugin = join(root, 'node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es');
const target = join(root, 'src/generated');
const stamp = join(target, '.made-from');

function fingerprint(): string {
  return [input, plugin, import.meta.filename]
    .map((file) => `${statSync(file).size}:${statSync(file).mtimeMs}`)
    .join(' ');
}

function isUpToDate(): boolean {
  try {
    return readFileSync(stamp, 'utf8') === fingerprint();
  } catch {
    return false;
  }
}

function generate(): number {
  const { file: protoFile } = fromBinary(FileDescriptorSetSchema, readFileSync(input));
  const request = create(CodeGeneratorRequestSchema, {
    // The well-known types come with @bufbuild/protobuf: its own declarations are imported for them.
    fileToGenerate: protoFile.map((file) => file.name).filter((name) => !name.startsWith('google/protobuf/')),
    parameter: 'target=dts,import_extension=js',
    protoFile,
  });
  const run = spawnSync(process.execPath, [plugin], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 256 * 1024 * 1024,
  });
  if (run.status !== 0) throw new Error(`protoc-gen-es failed: ${run.error?.message ?? run.stderr.toString()}`);
  const response = fromBinary(CodeGeneratorResponseSchema, run.stdout);
  if (response.error !== '') throw new Error(`protoc-gen-es: ${response.error}`);
  rmSync(target, { recursive: true, force: true });
  for (const { name, content } of response.file) {
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  writeFileSync(stamp, fingerprint());
  return response.file.length;
}

if (!isUpToDate()) console.log(`${generate()} declaration files in src/generated/`);
