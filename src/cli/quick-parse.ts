// Owns the parse that every start pays for. Commander costs 2 MB of memory and 7 ms, a tenth of the budget of an
// idle proxy (DESIGN 3.8); node:util's parser costs 0.3 MB. Here nothing is explained: a command line that is not
// plainly right is left to commander, which says what is wrong.
import { parseArgs } from 'node:util';
import { FLAGS, type RawFlags } from './flags.ts';

export type QuickResult =
  | { readonly kind: 'flags'; readonly flags: RawFlags }
  /** The first of these flags ends the parse: what follows is not looked at, as in Envoy. `flags` came before it. */
  | { readonly kind: 'version' | 'help' | 'hot-restart-version'; readonly flags: RawFlags }
  | { readonly kind: 'unclear' };

const KINDS = new Map(FLAGS.map((flag) => [flag.name, flag.kind]));
const UNCLEAR: QuickResult = { kind: 'unclear' };

export function quickParse(args: readonly string[]): QuickResult {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {};
  for (const flag of FLAGS) {
    const type = flag.kind === 'switch' ? 'boolean' : 'string';
    options[flag.name] = flag.short === undefined ? { type } : { type, short: flag.short };
  }
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const flags = new Map<string, string | true | string[]>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') break; // Envoy ignores the rest
    if (token.kind !== 'option') return UNCLEAR;
    const { name, value } = token;
    const kind = KINDS.get(name);
    if (kind === undefined) return UNCLEAR;
    if (kind === 'switch') {
      if (value !== undefined || flags.has(name)) return UNCLEAR;
      if (name === 'version' || name === 'help' || name === 'hot-restart-version') return { kind: name, flags };
      flags.set(name, true);
    } else {
      if (value === undefined) return UNCLEAR;
      if (kind === 'list') {
        const given = flags.get(name);
        if (Array.isArray(given)) given.push(value);
        else flags.set(name, [value]);
      } else {
        if (flags.has(name)) return UNCLEAR;
        flags.set(name, value);
      }
    }
  }
  return { kind: 'flags', flags };
}
