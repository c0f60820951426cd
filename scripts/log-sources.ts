// Owns the one change that the build makes to our sources: `log.info(text)` becomes
// `log.info(text, undefined, "src/router/router.ts:12")`, for every variable that holds the result of `logger(…)`.
// Positions come from the source with its types blanked out, which keeps every offset.
import { stripTypeScriptTypes } from 'node:module';
import { type Node, parse } from 'acorn';

const LEVELS = new Set(['trace', 'debug', 'info', 'warning', 'error', 'critical']);

interface Found {
  readonly at: number;
  readonly text: string;
}

/** `file` is what the log shall show, e.g. `src/router/router.ts`. */
export function addLogSources(source: string, file: string): string {
  if (!/\blogger\(/.test(source)) return source;
  const script = stripTypeScriptTypes(source, { mode: 'strip' });
  if (script.length !== source.length) throw new Error(`${file}: offsets moved when the types were blanked out`);
  const tree = parse(script, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  const names = new Set<string>();
  walk(tree, (node) => {
    if (node.type === 'VariableDeclarator' && isLoggerCall(field(node, 'init'))) {
      const id = field(node, 'id');
      if (id?.type === 'Identifier') names.add(String(Reflect.get(id, 'name')));
    }
  });
  const found: Found[] = [];
  walk(tree, (node) => {
    const edit = logCall(node, names, file, script);
    if (edit !== undefined) found.push(edit);
  });
  let result = source;
  for (const { at, text } of found.sort((a, b) => b.at - a.at)) result = result.slice(0, at) + text + result.slice(at);
  return result;
}

function logCall(node: Node, names: ReadonlySet<string>, file: string, script: string): Found | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const callee = field(node, 'callee');
  if (callee?.type !== 'MemberExpression') return undefined;
  const object = field(callee, 'object');
  const property = field(callee, 'property');
  if (property?.type !== 'Identifier' || !LEVELS.has(String(Reflect.get(property, 'name')))) return undefined;
  const known = object?.type === 'Identifier' && names.has(String(Reflect.get(object, 'name')));
  if (!known && !isLoggerCall(object)) return undefined;
  const given: unknown = Reflect.get(node, 'arguments');
  const count = Array.isArray(given) ? given.length : 0;
  if (count !== 1 && count !== 2) return undefined;
  const last: Node | undefined = Array.isArray(given) ? given[count - 1] : undefined;
  if (last === undefined) return undefined;
  const place = JSON.stringify(`${file}:${node.loc?.start.line ?? 0}`);
  // Before the closing bracket; a trailing comma of the source must not be doubled.
  const end = node.end - 1;
  const comma = script.slice(last.end, end).includes(',') ? '' : ',';
  return { at: end, text: `${comma}${count === 1 ? 'undefined,' : ''}${place}` };
}

function isLoggerCall(node: Node | undefined): boolean {
  if (node?.type !== 'CallExpression') return false;
  const callee = field(node, 'callee');
  return callee?.type === 'Identifier' && Reflect.get(callee, 'name') === 'logger';
}

function field(node: Node, name: string): Node | undefined {
  const value: unknown = Reflect.get(node, name);
  return isNode(value) ? value : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const each of value) if (isNode(each)) walk(each, visit);
    } else if (isNode(value)) walk(value, visit);
  }
}
