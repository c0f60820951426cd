/**
 * Owns the protobuf descriptors at run time: one registry for the process, read from config-schema/envoy-v3.binpb file by
 * file as types are first named. All 558 files at once cost 11 MB (DESIGN 3.8); a plain HTTP bootstrap needs a third.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  createFileRegistry,
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  fromBinary,
  type Registry,
} from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

type FileRow = { readonly name: string; readonly offset: number; readonly length: number };

/** Looks upwards for the folder: sources lie at src/config, a bundle at dist. */
function findSchemaFolder(): string {
  for (let at = import.meta.dirname; ; at = dirname(at)) {
    const candidate = join(at, 'config-schema');
    if (existsSync(join(candidate, 'index.json'))) return candidate;
    if (dirname(at) === at) throw new Error('config-schema/ is missing: the installation is not complete');
  }
}

class LazyRegistry implements Registry {
  readonly kind = 'registry';
  readonly #folder = findSchemaFolder();
  readonly #rowsByType = new Map<string, FileRow>();
  readonly #rowsByFile = new Map<string, FileRow>();
  readonly #files = new Map<string, DescFile>();
  readonly #types = new Map<string, ReturnType<Registry['get']> & object>();
  readonly #extensions = new Map<string, DescExtension>();

  constructor() {
    const index: { files: [string, number, number, string, string[]][] } = JSON.parse(
      readFileSync(join(this.#folder, 'index.json'), 'utf8'),
    );
    for (const [name, offset, length, packageName, types] of index.files) {
      const row = { name, offset, length };
      this.#rowsByFile.set(name, row);
      for (const type of types) this.#rowsByType.set(`${packageName}.${type}`, row);
    }
  }

  /** Every top-level type name of the API, loaded or not: for suggestions and generated documents. */
  topLevelNames(): IterableIterator<string> {
    return this.#rowsByType.keys();
  }

  get(typeName: string): ReturnType<Registry['get']> {
    const known = this.#types.get(typeName);
    if (known !== undefined) return known;
    // Nested types are found through the top-level type they lie in.
    for (let name = typeName; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
      const row = this.#rowsByType.get(name);
      if (row === undefined) continue;
      this.#load([row]);
      return this.#types.get(typeName);
    }
    return undefined;
  }

  getMessage(typeName: string): DescMessage | undefined {
    const type = this.get(typeName);
    return type?.kind === 'message' ? type : undefined;
  }

  getEnum(typeName: string): DescEnum | undefined {
    const type = this.get(typeName);
    return type?.kind === 'enum' ? type : undefined;
  }

  getExtension(typeName: string): DescExtension | undefined {
    const type = this.get(typeName);
    return type?.kind === 'extension' ? type : undefined;
  }

  getExtensionFor(extendee: DescMessage, no: number): DescExtension | undefined {
    return this.#extensions.get(`${extendee.typeName}#${no}`);
  }

  getService(typeName: string): ReturnType<Registry['getService']> {
    const type = this.get(typeName);
    return type?.kind === 'service' ? type : undefined;
  }

  /** The types loaded so far. */
  [Symbol.iterator](): IterableIterator<ReturnType<Registry['get']> & object> {
    return this.#types.values();
  }

  /** For the memory bench and tests. */
  loadedFileCount(): number {
    return this.#files.size;
  }

  /** Reads files and everything they import that is not there yet, imports first. */
  #load(rows: readonly FileRow[]): void {
    const descriptors = openSync(join(this.#folder, 'envoy-v3.binpb'), 'r');
    try {
      for (const row of rows) this.#loadFile(descriptors, row);
    } finally {
      closeSync(descriptors);
    }
  }

  #loadFile(set: number, row: FileRow): void {
    if (this.#files.has(row.name)) return;
    const bytes = Buffer.allocUnsafe(row.length);
    readSync(set, bytes, 0, row.length, row.offset);
    const proto = fromBinary(FileDescriptorProtoSchema, bytes);
    for (const dependency of proto.dependency) {
      const imported = this.#rowsByFile.get(dependency);
      if (imported === undefined)
        throw new Error(`config-schema: ${row.name} imports ${dependency}, which is not there`);
      this.#loadFile(set, imported);
    }
    // protobuf-es copies the types of an import and, recursively, of the imports' imports into each new registry, which
    // is exponential in Envoy's graph; no file of the set uses `import public`, so direct imports are enough.
    const file = createFileRegistry(proto, (name) => {
      const imported = this.#files.get(name);
      return imported && { ...imported, dependencies: [] };
    }).getFile(row.name);
    if (file === undefined) throw new Error(`config-schema: ${row.name} does not hold itself`);
    this.#files.set(row.name, file);
    for (const type of nestedTypes(file)) {
      this.#types.set(type.typeName, type);
      if (type.kind === 'extension') this.#extensions.set(`${type.extendee.typeName}#${type.number}`, type);
    }
  }
}

export type { LazyRegistry };

let shared: LazyRegistry | undefined;
let uses = 0;

/** The process's registry, made when first asked for. */
export function registry(): LazyRegistry {
  uses += 1;
  shared ??= new LazyRegistry();
  return shared;
}

/** How often the registry was asked for: the same number twice says that no configuration was being read in between. */
export function descriptorUses(): number {
  return uses;
}

const releaseHooks: (() => void)[] = [];

/** Registers what must be forgotten with the descriptors. */
export function onReleaseDescriptors(hook: () => void): void {
  releaseHooks.push(hook);
}

/**
 * Lets the descriptors go (3 MB for a plain HTTP bootstrap) until something asks for one again, which costs some 40 ms.
 * For a process that has read its configuration and hears of no other soon. Messages stay good. False when there were none.
 */
export function releaseDescriptors(): boolean {
  if (shared === undefined) return false;
  shared = undefined;
  for (const hook of releaseHooks) hook();
  return true;
}

/** The descriptor of a message type that the caller knows to exist in the API; throws when it does not (our own bug). */
export function messageDescriptor(typeName: string): DescMessage {
  const descriptor = registry().getMessage(typeName);
  if (descriptor === undefined) throw new Error(`the API has no message ${typeName}`);
  return descriptor;
}
