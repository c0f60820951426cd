// Of HTTP, routes, access logs and their filters: each field that the corpora of real configurations set is done, or the
// table says why it is not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { coverageOf } from '../../src/config/coverage/coverage.ts';

const shared = join(import.meta.dirname, '../../../shared');
const lists = ['corpus/fields.txt', 'istio/fields.txt'].map((file) => join(shared, file));

const filters =
  'buffer|cors|csrf|compressor|decompressor|header_mutation|header_to_metadata|set_metadata|set_filter_state|fault|health_check|grpc_stats|grpc_web|local_ratelimit|rbac|router';
const http = new RegExp(
  [
    '^envoy\\.(?:config\\.(?:route|accesslog|common|rbac)\\.',
    `extensions\\.filters\\.http\\.(?:${filters})\\.`,
    'extensions\\.filters\\.(?:network\\.http_connection_manager|common)\\.',
    'extensions\\.(?:access_loggers\\.(?:file|stream)|upstreams\\.http|compression|http|formatter|matching|path|retry)\\.',
    'extensions\\.(?:early_data|internal_redirect)\\.',
    'type\\.',
    'config\\.core\\.v3\\.(?:Http|Substitution|Data|Runtime|Header|Query|Scheme))',
  ].join('|'),
);

t.test('fields of real configurations', { skip: !lists.every(existsSync) && 'no ../shared' }, async (t) => {
  const unexplained = new Set<string>();
  let seen = 0;
  for (const file of lists) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [, message, field] = /^ *\d+ (envoy\S+)\.(\w+)$/.exec(line) ?? [];
      if (message === undefined || field === undefined || !http.test(message)) continue;
      seen++;
      const { status, reason } = coverageOf(message, field);
      if (status !== 'implemented' && reason === '') unexplained.add(`${message}.${field}`);
    }
  }
  t.ok(seen > 300, `${seen} fields`);
  t.same([...unexplained], []);
});
