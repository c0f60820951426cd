// The rules do with every packet what Istio's own do: its iptables-save, read beside the checkout, against our text.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fateOf, readFilter } from '../../support/packet-filter.ts';
import { allPackets, filters, parse } from './support.ts';

const folder = join(import.meta.dirname, '../../../../shared/istio');
const skip = existsSync(folder) ? false : '../shared/istio is absent';

const CASES: readonly { golden: string; flags: string }[] = [
  { golden: 'istio-iptables.golden', flags: '-m REDIRECT' },
  { golden: 'istio-iptables.dns.golden', flags: '-m REDIRECT --redirect-dns' },
  { golden: 'istio-iptables.tproxy.golden', flags: '-m TPROXY' },
];

for (const { golden, flags } of CASES) {
  t.test(`as ${golden}`, { skip }, (t) => {
    const text = readFileSync(join(folder, golden), 'utf8').split('# --- ip6tables-save')[0] ?? '';
    const theirs = readFilter(text);
    const ours = filters(parse(`-p 15001 -z 15006 -u 1337 -i * -x= -b * -d 15090,15021,15020 ${flags}`).rules).v4;
    const verdicts = new Map<string, number>();
    let packets = 0;
    let different = 0;
    for (const packet of allPackets()) {
      packets++;
      const wanted = fateOf(theirs, packet);
      const found = fateOf(ours, packet);
      verdicts.set(wanted.verdict, (verdicts.get(wanted.verdict) ?? 0) + 1);
      if (JSON.stringify(wanted) === JSON.stringify(found)) continue;
      different++;
      if (different <= 3) t.fail(`${JSON.stringify(packet)}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
    t.equal(different, 0, `${packets} packets fare the same`);
    const captured = golden.includes('tproxy') ? 'tproxy 15006' : 'redirect 15006';
    for (const verdict of ['accept', 'redirect 15001', captured]) t.ok(verdicts.get(verdict), `some: ${verdict}`);
    t.end();
  });
}
