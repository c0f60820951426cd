// Every raw request of the shared corpus, on a fresh connection: nothing is accepted that Envoy rejects, nothing that
// two parsers could read differently is accepted at all. Where we reject what Envoy forwards, the reason stands here.
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { ResponseHeaders } from '../../../../src/http/headers/header-map.ts';
import { type RecordedRequest, ServerFixture } from './support/recorder.ts';

interface CorpusRequest {
  readonly suite: string;
  readonly name: string;
  readonly raw: string;
  readonly envoy: string;
}

const file = new URL('../../../../../shared/corpus/http1-requests.json', import.meta.url);

const bareCr = 'a bare CR in a field value: Envoy deletes it, other parsers end the line there';

/** Envoy forwards these, we do not: by name, with the reason. */
const stricter: Readonly<Record<string, string>> = {
  'smuggler-clte default:rxprespace-09': bareCr,
  'smuggler-clte default:xprespace-0d': bareCr,
  'smuggler-clte default:rxprespace-0d': bareCr,
  'smuggler-clte default:rxprespace-20': bareCr,
  'smuggler-clte default:rxprespace-a0': bareCr,
  'smuggler-clte default:rxprespace-ff': bareCr,
};

function verdict(raw: string, size: number): string {
  const server = new ServerFixture();
  server.whenComplete = (request: RecordedRequest) => request.stream.encodeHeaders(new ResponseHeaders(200), true);
  let error = null;
  for (let at = 0; at < raw.length && error === null; at += size) error = server.feed(raw.slice(at, at + size));
  const complete = server.requests.filter((request) => request.complete).length;
  const begun = server.requests.filter((request) => request.headers !== null).length;
  if (error !== null) return `${complete === 0 ? '' : `FORWARD ${complete} `}REJECT ${error.status}`;
  if (begun > complete) return 'PARTIAL';
  return complete === 0 ? 'WAIT' : `FORWARD ${complete}`;
}

const skip = existsSync(file) ? false : '../shared/corpus/http1-requests.json is absent';

t.test('shared corpus of raw requests', { skip }, (t) => {
  const corpus = JSON.parse(readFileSync(file, 'utf8')) as CorpusRequest[];
  const unused = new Set(Object.keys(stricter));
  for (const entry of corpus) {
    const name = `${entry.suite} ${entry.name}`;
    const ours = verdict(entry.raw, entry.raw.length);
    t.equal(verdict(entry.raw, 1), ours, `${name}: octet by octet`);
    const reason = stricter[name];
    if (reason === undefined) t.equal(ours, entry.envoy, name);
    else {
      unused.delete(name);
      t.match(ours, /^REJECT/, `${name}: ${reason}`);
      t.match(entry.envoy, /^FORWARD/, `${name}: Envoy forwards it`);
    }
  }
  t.same([...unused], [], 'every difference names an entry');
  t.end();
});
