/** Owns reading a short YAML text that is no configuration of its own: a value of the runtime. */
import { SourceDocument } from './document.ts';
import type { SourceValue } from './value.ts';

/** Never rejects for what stands in the text. */
export async function parseYaml(text: string): Promise<{ readonly value: SourceValue } | { readonly problem: string }> {
  const { value, diagnostics } = await new SourceDocument({ name: '', format: 'yaml', text }).read();
  if (value !== undefined) return { value };
  // Nothing but comments is no error, and no value.
  const error = diagnostics.find(({ severity }) => severity === 'error');
  return error === undefined ? { value: null } : { problem: error.message };
}
