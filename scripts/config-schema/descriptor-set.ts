/**
 * Gathers the descriptors of all modules, keeps what the v3 API needs, and lays them out for the run-time registry:
 * one FileDescriptorSet in dependency order (a valid protobuf message for any tool), and an index that says at which
 * offset each file lies and which types it holds, so that one file can be read and decoded by itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { readDescriptorLiteral } from './go-descriptor-literal.ts';
import type { GoModule } from './go-modules.ts';

type DescriptorFile = { readonly bytes: Uint8Array; readonly proto: FileDescriptorProto };

/** One row of `config-schema/index.json`: file name, offset and length of its bytes, package, top-level types. */
export type IndexRow = readonly [
  name: string,
  offset: number,
  length: number,
  package_: string,
  types: readonly string[],
];

/** Every descriptor in the modules' Go files, by proto file name. */
export function readDescriptors(modules: readonly GoModule[]): Map<string, DescriptorFile> {
  const files = new Map<string, DescriptorFile>();
  for (const module of modules) {
    for (const entry of readdirSync(module.directory, { recursive: true, encoding: 'utf8' }).sort()) {
      if (!entry.endsWith('.pb.go') || entry.includes('testdata') || entry.startsWith('internal/')) continue;
      const bytes = readDescriptorLiteral(readFileSync(join(module.directory, entry), 'utf8'));
      if (bytes === undefined) continue;
      const proto = fromBinary(FileDescriptorProtoSchema, bytes);
      if (!files.has(proto.name)) files.set(proto.name, { bytes, proto });
    }
  }
  return files;
}

/**
 * What is kept, with its imports: Envoy's v3 packages (v2 has been gone since Envoy 1.18), all of xDS's own, and the
 * wire formats of services a data plane calls.
 */
function isRoot(name: string): boolean {
  if (name.startsWith('envoy/'))
    return !/\/(v1|v2|api)(alpha\d?)?\//.test(name) || name.startsWith('envoy/extensions/');
  return (
    /^xds\/(annotations|core|data|service|type)\//.test(name) ||
    name.startsWith('udpa/type/') ||
    name.startsWith('opentelemetry/proto/collector/') ||
    name === 'grpc/health/v1/health.proto' ||
    name === 'google/api/httpbody.proto' ||
    name === 'google/rpc/error_details.proto'
  );
}

/** The kept files, each behind everything it imports, otherwise by name: the output is the same from run to run. */
export function selectInDependencyOrder(files: ReadonlyMap<string, DescriptorFile>): DescriptorFile[] {
  const ordered = new Set<DescriptorFile>();
  const visit = (name: string, importer: string): void => {
    const file = files.get(name);
    if (file === undefined) throw new Error(`${importer} imports ${name}, which no module holds`);
    if (ordered.has(file)) return;
    for (const dependency of file.proto.dependency) visit(dependency, name);
    ordered.add(file);
  };
  for (const name of [...files.keys()].sort()) {
    if (isRoot(name)) visit(name, 'the selection');
  }
  return [...ordered];
}

/** Serialises the set and its index. Offsets count from the start of the set to the file's own bytes. */
export function layOut(files: readonly DescriptorFile[]): { set: Uint8Array; index: IndexRow[] } {
  const parts: Uint8Array[] = [];
  const index: IndexRow[] = [];
  let offset = 0;
  for (const { bytes, proto } of files) {
    const header = new BinaryWriter().tag(1, WireType.LengthDelimited).uint32(bytes.length).finish();
    const types = [
      ...proto.messageType.map((type) => type.name),
      ...proto.enumType.map((type) => type.name),
      ...proto.service.map((type) => type.name),
      ...proto.extension.map((type) => type.name),
    ];
    parts.push(header, bytes);
    index.push([proto.name, offset + header.length, bytes.length, proto.package, types]);
    offset += header.length + bytes.length;
  }
  return { set: Buffer.concat(parts), index };
}
