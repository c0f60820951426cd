/**
 * Owns which tests prove that a field has its effect. Two kinds count: a parity scenario whose envoy.yaml sets the field
 * (what Remora then does is compared with the real Envoy), and a test that says so in a comment:
 *
 *     // covers: envoy.config.cluster.v3.Cluster.connect_timeout
 *     // covers: envoy.config.cluster.v3.Cluster.{dns_refresh_rate, respect_dns_ttl}
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isMessage, type Message } from '@bufbuild/protobuf';
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt';
import { ConfigContext, formatDiagnostic, loadBootstrap, registry } from '../../src/config/api.ts';
import { packages } from '../../src/config/coverage/packages.ts';
import { planOf } from '../../src/config/plan.ts';
import { PKI_FOLDER, pki } from '../../test/parity/lib/pki.ts';

const root = join(import.meta.dirname, '../..');

/** Full field name to the files that prove it, relative to the root. */
export async function collectProof(): Promise<Map<string, string[]>> {
  const proof = new Map<string, string[]>();
  const add = (field: string, file: string): void => {
    const files = proof.get(field) ?? [];
    if (!files.includes(file)) files.push(file);
    proof.set(field, files);
  };
  for (const file of filesUnder('test/parity/scenarios', 'envoy.yaml')) {
    for (const field of await fieldsSetIn(file)) add(field, file);
  }
  for (const file of filesUnder('test', '.test.ts')) {
    for (const field of fieldsNamedIn(readFileSync(join(root, file), 'utf8'))) add(field, file);
  }
  return proof;
}

/** Fields that the table calls implemented and no test names. */
export function unproven(proof: ReadonlyMap<string, unknown>): string[] {
  const fields = Object.entries(packages).flatMap(([message, { implemented = [] }]) =>
    implemented.map((field) => `${message}.${field}`),
  );
  return fields.filter((field) => !proof.has(field)).sort();
}

function filesUnder(folder: string, ending: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return entries
    .filter((entry) => entry.endsWith(ending))
    .map((entry) => join(folder, entry))
    .sort();
}

/** The names in `// covers:` comments; braces stand for several fields of one message. */
export function fieldsNamedIn(source: string): string[] {
  return [...source.matchAll(/\/\/ covers: (envoy\.[\w.]+)(?:\.?\{([^}]*)\})?/g)].flatMap(([, name = '', list]) => {
    if (list === undefined) return [name];
    return list
      .split(/[\s,]+/)
      .filter((field) => field !== '')
      .map((field) => `${name.replace(/\.$/, '')}.${field}`);
  });
}

async function fieldsSetIn(file: string): Promise<Set<string>> {
  const { folder, text } = await scenarioText(file, 1);
  const { message, diagnostics } = await loadBootstrap([{ name: file, format: 'yaml', text }], { skipCoverage: true });
  rmSync(folder, { recursive: true });
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (message === undefined) throw new Error(errors.map((diagnostic) => formatDiagnostic(diagnostic, text)).join('\n'));
  const fields = new Set<string>();
  collectSetFields(message, fields);
  return fields;
}

/** The text of that file, as a run of its suite would fill it in, with a folder that stands for @TMP@; the caller removes it. */
export async function scenarioText(file: string, firstPort: number): Promise<{ folder: string; text: string }> {
  let number = firstPort;
  const folder = scenarioFolder(file);
  const raw = readFileSync(join(root, file), 'utf8');
  const certificates = raw.includes(`@/${PKI_FOLDER}/`) ? await pki() : null;
  certificates?.write(folder);
  let text = raw.replaceAll('@TMP@', folder);
  for (const [name, hash] of certificates?.hashes ?? []) text = text.replaceAll(`@${name}@`, hash);
  const ports = new Map<string, string>();
  const portOf = (name: string): string => {
    if (!ports.has(name)) ports.set(name, String(number++));
    return ports.get(name) ?? '';
  };
  return { folder, text: text.replaceAll(/@[A-Z0-9_]+@/g, portOf) };
}

/** With every file that its envoy.yaml reads, save for certificates. */
function scenarioFolder(file: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'remora-scenario-'));
  const given = join(root, dirname(file), 'files');
  if (existsSync(given)) cpSync(given, folder, { recursive: true });
  for (const [, name = ''] of readFileSync(join(root, file), 'utf8').matchAll(/@TMP@\/([\w.-]+\.(?:yaml|json))/g)) {
    if (!existsSync(join(folder, name))) writeFileSync(join(folder, name), '{}');
  }
  return folder;
}

function collectSetFields(message: Message, into: Set<string>): void {
  if (isAny(message)) {
    const held = new ConfigContext().unpack(message);
    if (held !== undefined) collectSetFields(held, into);
    return;
  }
  const descriptor = registry().getMessage(message.$typeName);
  if (descriptor === undefined) return;
  for (const field of planOf(descriptor).fields) {
    const value = field.get(message);
    const { fieldKind } = field.descriptor;
    const values = Array.isArray(value) ? value : fieldKind === 'map' ? Object.values(Object(value)) : [value];
    const isSet = field.inOneof || fieldKind !== 'scalar' ? value !== undefined : Boolean(value);
    if (!isSet || values.length === 0 || (fieldKind === 'enum' && value === 0 && !field.inOneof)) continue;
    into.add(`${descriptor.typeName}.${field.name}`);
    for (const item of values) {
      if (isMessage(item)) collectSetFields(item, into);
    }
  }
}

function isAny(message: Message): message is Any {
  return isMessage(message, AnySchema);
}
