// Every case of test/golden/config says what it always said, and agrees with the real Envoy on accepting or refusing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { judge, parseGoldenCase } from '../../../scripts/config-schema/golden-case.ts';

const folder = join(import.meta.dirname, '../../golden/config');
const cases = readdirSync(folder).filter((name) => name.endsWith('.txt'));

t.ok(cases.length >= 60, 'there are golden cases');
for (const name of cases.sort()) {
  t.test(name, async (t) => {
    const golden = parseGoldenCase(readFileSync(join(folder, name), 'utf8'));
    const { accepted, text } = await judge(golden);
    t.equal(text, golden.expected, 'the diagnostics');
    const verdict = golden.headers.get('envoy');
    t.ok(verdict === 'accepts' || verdict === 'refuses', 'the real Envoy was asked');
    if (!golden.headers.has('differs')) t.equal(accepted ? 'accepts' : 'refuses', verdict, 'the verdict of Envoy');
  });
}
