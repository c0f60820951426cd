// What each answer of an HTTP filter means, in both directions, and that the chain calls filters in order whatever they
// answer.
import t, { type Test } from 'tap';
import { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from '../../../../src/http/filter/api.ts';
import { HeaderMap, ResponseHeaders } from '../../../../src/http/headers/header-map.ts';
import { headerName } from '../../../../src/http/headers/name.ts';
import { type ManagerFixture, managerOf } from '../../../support/connection-manager.ts';
import { OrderedFilterFactory } from '../../../support/ordered-filter.ts';
import { ScriptedFactory, type ScriptedFilter } from '../../../support/scripted-filter.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const { StopIteration, StopAllIterationAndBuffer, StopAllIterationAndWatermark } = FilterHeadersStatus;
const { StopIterationAndBuffer, StopIterationAndWatermark, StopIterationNoBuffer } = FilterDataStatus;

interface Chain extends ManagerFixture {
  readonly first: ScriptedFactory;
  readonly second: ScriptedFactory;
  readonly terminal: ScriptedFactory;
  /** Called as the chain is, before each request. */
  prepare(change: (first: ScriptedFilter, second: ScriptedFilter) => void): void;
}

let watched: OrderedFilterFactory[] = [];

/** A test whose filters must all have been called in order. */
function scenario(name: string, run: (t: Test) => void): void {
  t.test(name, (t) => {
    watched = [];
    run(t);
    for (const factory of watched) t.same(factory.violations, [], `${factory.name} was called in order`);
    t.end();
  });
}

function chainOf(bufferLimit = 0): Chain {
  const factories = [new ScriptedFactory('first'), new ScriptedFactory('second'), new ScriptedFactory('last', true)];
  const [first, second, terminal] = factories as [ScriptedFactory, ScriptedFactory, ScriptedFactory];
  const ordered = factories.map((factory) => new OrderedFilterFactory(factory));
  const fixture = managerOf(ordered, { bufferLimit }, { enableTrailers: true });
  watched.push(...ordered);
  return {
    ...fixture,
    first,
    second,
    terminal,
    prepare: (change) => {
      second.prepare = (filter) => change(first.last, filter);
    },
  };
}

const post = (body: string): string => `POST / HTTP/1.1\r\nhost: test\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const chunked = 'POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n';
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const withTrailers = '0\r\nx-trailer: yes\r\n\r\n';

function trailers(): HeaderMap {
  const map = new HeaderMap();
  map.append(headerName('x-trailer'), 'yes');
  return map;
}

scenario('Continue: every filter sees each part once, requests forward, responses backward', (t) => {
  const order: string[] = [];
  const { first, second, terminal, send, connection } = chainOf();
  first.prepare = (filter) => {
    filter.request.onHeaders = () => order.push('first request');
    filter.response.onHeaders = () => order.push('first response');
  };
  second.prepare = (filter) => {
    filter.request.onHeaders = () => order.push('second request');
    filter.response.onHeaders = () => order.push('second response');
  };
  send(chunked + chunk('ab'));
  send(chunk('c') + withTrailers);
  terminal.last.respond('', { chunks: ['x', 'y'], trailers: trailers() });
  for (const factory of [first, second, terminal]) t.same(factory.last.request.seen, ['H', 'D:ab', 'D:c', 'T.']);
  for (const factory of [first, second]) t.same(factory.last.response.seen, ['H', 'D:x', 'D:y', 'T.']);
  t.same(order, ['first request', 'second request', 'second response', 'first response']);
  t.match(connection.written, /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\n1\r\nx\r\n1\r\ny\r\n0\r\nx-trailer: yes\r\n\r\n$/);
  t.equal(first.last.destroyed, 1);
});

scenario('StopIteration of headers: data still reach the filter, nothing those behind it', (t) => {
  const { first, second, terminal, send } = chainOf();
  first.prepare = (filter) => {
    filter.request.headers = StopIteration;
    filter.request.data = StopIterationAndBuffer;
  };
  send(post('ab').slice(0, -1));
  t.same(first.last.request.seen, ['H', 'D:a']);
  t.same(second.last.request.seen, []);
  first.last.request.data = FilterDataStatus.Continue;
  send('b');
  t.same(second.last.request.seen, ['H', 'D:ab.'], 'headers first, then what was kept and what came');
  t.same(terminal.last.request.seen, ['H', 'D:ab.']);
  terminal.last.respond('');
});

scenario('continueDecoding: what was kept goes on, with the end of the stream', (t) => {
  const { first, second, send, terminal } = chainOf();
  first.prepare = (filter) => {
    filter.request.headers = StopIteration;
    filter.request.data = StopIterationAndBuffer;
  };
  send(post('abc'));
  t.equal(first.last.decoder.decodingBuffer()?.toString(), 'abc');
  first.last.decoder.continueDecoding();
  t.same(second.last.request.seen, ['H', 'D:abc.']);
  first.last.decoder.continueDecoding();
  t.same(second.last.request.seen, ['H', 'D:abc.'], 'once');
  terminal.last.respond('');
});

scenario('a request without a body goes on with its end', (t) => {
  const { first, second, terminal, send, connection } = chainOf();
  first.prepare = (filter) => {
    filter.request.headers = StopAllIterationAndBuffer;
  };
  send('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
  t.same(second.last.request.seen, []);
  first.last.decoder.continueDecoding();
  t.same(second.last.request.seen, ['H.']);
  t.same(terminal.last.request.seen, ['H.']);
  terminal.last.respond('ok');
  t.match(connection.written, /\r\n\r\nok$/);
});

scenario('StopIterationNoBuffer: the filter keeps the body itself; a body taken away ends with the headers', (t) => {
  const { first, second, terminal, send } = chainOf();
  first.prepare = (filter) => {
    filter.request.headers = StopIteration;
    filter.request.data = StopIterationNoBuffer;
  };
  send(post('secret'));
  t.equal(first.last.decoder.decodingBuffer(), null);
  first.last.decoder.continueDecoding();
  t.same(terminal.last.request.seen, ['H.'], 'the stream has its end');
  t.same(second.last.request.seen, ['H.']);
  terminal.last.respond('');
});

scenario('injectDecodedData puts bytes in front of the filters behind', (t) => {
  const { first, second, terminal, send } = chainOf();
  first.prepare = (filter) => {
    filter.request.data = StopIterationNoBuffer;
  };
  send(post('abc'));
  first.last.decoder.injectDecodedData(Buffer.from('other'), true);
  t.same(second.last.request.seen, ['H', 'D:other.']);
  t.same(terminal.last.request.seen, ['H', 'D:other.']);
  terminal.last.respond('');
});

for (const [name, status] of [
  ['StopAllIterationAndBuffer', StopAllIterationAndBuffer],
  ['StopAllIterationAndWatermark', StopAllIterationAndWatermark],
] as const) {
  scenario(`${name}: neither data nor trailers reach the filter until it continues`, (t) => {
    const { first, second, terminal, send } = chainOf();
    first.prepare = (filter) => {
      filter.request.headers = status;
    };
    send(chunked + chunk('ab'));
    send(chunk('c') + withTrailers);
    t.same(first.last.request.seen, ['H']);
    first.last.decoder.continueDecoding();
    t.same(first.last.request.seen, ['H', 'D:abc', 'T.'], 'the filter itself sees the data now');
    t.same(second.last.request.seen, ['H', 'D:abc', 'T.']);
    t.same(terminal.last.request.seen, ['H', 'D:abc', 'T.']);
    terminal.last.respond('');
  });

  scenario(`${name} of a response`, (t) => {
    const { first, second, terminal, send, connection } = chainOf();
    second.prepare = (filter) => {
      filter.response.headers = status;
    };
    send(post(''));
    terminal.last.respond('', { chunks: ['ab', 'c'], trailers: trailers() });
    t.same(second.last.response.seen, ['H']);
    t.same(first.last.response.seen, []);
    t.equal(connection.written, '');
    second.last.encoder.continueEncoding();
    t.same(second.last.response.seen, ['H', 'D:abc', 'T.']);
    t.same(first.last.response.seen, ['H', 'D:abc', 'T.']);
    t.match(connection.written, /\r\n\r\n3\r\nabc\r\n0\r\nx-trailer: yes\r\n\r\n$/);
  });
}

scenario('beyond the buffer limit a buffering filter fails the request with 413', (t) => {
  const { first, send, connection, stat } = chainOf(4);
  first.prepare = (filter) => {
    filter.request.headers = StopAllIterationAndBuffer;
  };
  send(chunked + chunk('abcd'));
  t.equal(connection.written, '');
  send(chunk('e'));
  t.match(
    connection.written,
    /^HTTP\/1.1 413 Payload Too Large\r\n[\s\S]*connection: close[\s\S]*\r\n\r\nPayload Too Large$/,
  );
  t.equal(stat('downstream_rq_too_large'), 1);
  t.equal(first.last.destroyed, 1);
});

scenario('StopIterationAndBuffer beyond the limit fails too, and the limit can be raised', (t) => {
  const { first, send, connection, terminal } = chainOf(4);
  first.prepare = (filter, index) => {
    filter.request.headers = StopIteration;
    filter.request.data = StopIterationAndBuffer;
    if (index === 0) filter.request.onHeaders = () => filter.decoder.setDecoderBufferLimit(8);
  };
  send(post('abcdef'));
  t.equal(connection.written, '');
  first.last.decoder.continueDecoding();
  terminal.last.respond('ok');
  t.match(connection.written, /ok$/);
  send(post('abcdef'));
  t.match(connection.written, /413 Payload Too Large/);
});

scenario('the chunk for which a buffering filter goes on counts as well: 413 when it is too much', (t) => {
  for (const parts of [[post('0123456789abcdef')], [post('0123456789abcdef').slice(0, -8), '89abcdef']]) {
    for (const limit of [10, 16]) {
      const { first, second, send, connection, stat, terminal } = chainOf();
      first.prepare = (filter) => {
        filter.request.headers = StopIteration;
        filter.request.onHeaders = () => filter.decoder.setDecoderBufferLimit(limit);
        // Of one part or two: it goes on with the end.
        filter.request.onData = () => {
          const whole = filter.request.seen.at(-1)?.endsWith('.') === true;
          filter.request.data = whole ? FilterDataStatus.Continue : StopIterationAndBuffer;
        };
      };
      for (const part of parts) send(part);
      if (limit === 16) {
        t.same(second.last.request.seen, ['H', 'D:0123456789abcdef.'], 'at the limit it passes');
        terminal.last.respond('');
        continue;
      }
      t.match(connection.written, /^HTTP\/1.1 413 Payload Too Large\r\n/);
      t.same(second.last.request.seen, [], 'nothing of it went on');
      t.equal(stat('downstream_rq_too_large'), 1);
    }
  }
});

scenario('what a watermark filter has kept goes on though it is beyond the limit', (t) => {
  const { first, second, send, terminal } = chainOf(4);
  first.prepare = (filter) => {
    filter.request.headers = StopIteration;
    filter.request.data = StopIterationAndWatermark;
  };
  send(post('abcdef').slice(0, -2));
  first.last.request.data = FilterDataStatus.Continue;
  send('ef');
  t.same(second.last.request.seen, ['H', 'D:abcdef.']);
  terminal.last.respond('');
});

scenario('beyond the buffer limit a watermark filter holds the client back', (t) => {
  for (const change of [
    (filter: ScriptedFilter) => {
      filter.request.headers = StopAllIterationAndWatermark;
    },
    (filter: ScriptedFilter) => {
      filter.request.headers = StopIteration;
      filter.request.data = StopIterationAndWatermark;
    },
  ]) {
    const { first, send, connection, terminal, stat } = chainOf(4);
    first.prepare = change;
    send(chunked + chunk('abcd'));
    t.equal(connection.disabled, 0);
    send(chunk('e'));
    send(chunk('f'));
    t.equal(connection.disabled, 1);
    first.last.request.data = FilterDataStatus.Continue;
    first.last.decoder.continueDecoding();
    t.equal(connection.disabled, 0);
    t.equal(stat('downstream_flow_control_resumed_reading_total'), 1);
    t.same(terminal.last.request.seen, ['H', 'D:abcdef']);
    send('0\r\n\r\n');
    terminal.last.respond('');
  }
});

scenario('a buffering encoder beyond the limit fails the response with 500', (t) => {
  const { second, terminal, send, connection, stat } = chainOf(4);
  second.prepare = (filter) => {
    // The local reply passes through the same filter: that time it lets go.
    let calls = 0;
    filter.response.onHeaders = () => {
      filter.response.headers = calls++ === 0 ? StopAllIterationAndBuffer : FilterHeadersStatus.Continue;
    };
  };
  send(post(''));
  terminal.last.respond('', { chunks: ['abc', 'def'] });
  t.match(connection.written, /^HTTP\/1.1 500 Internal Server Error\r\n/);
  t.equal(connection.written.match(/HTTP\/1.1/g)?.length, 1);
  t.notMatch(connection.written, 'abc');
  t.equal(stat('rs_too_large'), 1);
});

scenario('a watermark encoder beyond the limit holds the upstream back', (t) => {
  const { second, terminal, send, connection } = chainOf(4);
  second.prepare = (filter) => {
    filter.response.headers = StopAllIterationAndWatermark;
  };
  send(post(''));
  const calls: string[] = [];
  terminal.last.decoder.addDownstreamWatermarkCallbacks({
    onAboveWriteBufferHighWatermark: () => calls.push('above'),
    onBelowWriteBufferLowWatermark: () => calls.push('below'),
  });
  terminal.last.respond('', { chunks: ['abc', 'def', 'g'] });
  t.same(calls, ['above']);
  second.last.encoder.continueEncoding();
  t.same(calls, ['above', 'below']);
  t.match(connection.written, /abcdefg/);
});

scenario('trailers: stopped with the headers, let go by answering Continue', (t) => {
  const { first, second, terminal, send } = chainOf();
  first.prepare = (filter) => {
    filter.request.headers = StopIteration;
    filter.request.data = StopIterationAndBuffer;
  };
  send(chunked + chunk('ab') + withTrailers);
  t.same(second.last.request.seen, ['H', 'D:ab', 'T.']);
  t.same(terminal.last.request.seen, ['H', 'D:ab', 'T.']);
  terminal.last.respond('');
  first.prepare = (filter) => {
    filter.request.headers = StopIteration;
    filter.request.data = StopIterationAndBuffer;
    filter.request.trailers = FilterTrailersStatus.StopIteration;
  };
  send(chunked + chunk('ab') + withTrailers);
  t.same(second.last.request.seen, []);
  first.last.decoder.continueDecoding();
  t.same(second.last.request.seen, ['H', 'D:ab', 'T.']);
  terminal.last.respond('');
});

scenario('a local reply from each callback ends the request there', (t) => {
  for (const where of ['onHeaders', 'onData', 'onTrailers'] as const) {
    const { first, second, terminal, send, connection } = chainOf();
    second.prepare = (filter) => {
      filter.request[where] = () =>
        filter.decoder.sendLocalReply({ status: 418, body: 'teapot', details: 'test', cause: 'a test' });
    };
    send(chunked + chunk('ab') + withTrailers);
    t.match(connection.written, /^HTTP\/1.1 418 [\s\S]*content-type: text\/plain[\s\S]*\r\n\r\nteapot$/, where);
    t.same(first.last.response.seen, ['H', 'D:teapot.'], 'the encoders see it');
    t.notMatch(terminal.last.request.seen.join(), where === 'onHeaders' ? 'H' : where === 'onData' ? 'D' : 'T');
    for (const factory of [first, second, terminal]) t.equal(factory.last.destroyed, 1);
  }
});

scenario('a local reply from encodeHeaders takes the place of the response', (t) => {
  const { second, terminal, send, connection } = chainOf();
  second.prepare = (filter) => {
    let answered = false;
    filter.response.onHeaders = () => {
      if (answered) return;
      answered = true;
      filter.encoder.sendLocalReply({ status: 502, body: 'no', details: 'test' });
    };
  };
  send(post(''));
  terminal.last.respond('from upstream');
  t.match(connection.written, /^HTTP\/1.1 502 [\s\S]*\r\n\r\nno$/);
  t.equal(connection.written.match(/HTTP\/1.1/g)?.length, 1, 'one response');
});

scenario('a local reply that a filter holds is not mixed with what upstream still sends', (t) => {
  const { first, second, terminal, send, connection } = chainOf();
  first.prepare = (filter) => {
    filter.response.headers = StopAllIterationAndBuffer;
  };
  second.prepare = (filter) => {
    let answered = false;
    filter.response.onData = () => {
      if (answered) return;
      answered = true;
      filter.encoder.sendLocalReply({ status: 502, body: 'no', details: 'test' });
    };
    let calls = 0;
    filter.response.onHeaders = () => {
      filter.response.headers = calls++ === 0 ? StopIteration : FilterHeadersStatus.Continue;
    };
  };
  send(post(''));
  terminal.last.respond('', { chunks: ['from ', 'upstream'] });
  first.last.encoder.continueEncoding();
  t.notMatch(connection.written, 'upstream');
  t.match(connection.written, /^HTTP\/1.1 502 [\s\S]*\r\n\r\nno$/);
});

scenario('a filter that answers the answer does so once', (t) => {
  const { first, terminal, send, connection } = chainOf();
  first.prepare = (filter) => {
    filter.response.onHeaders = () => filter.encoder.sendLocalReply({ status: 500, body: 'x', details: 'test' });
  };
  send(post(''));
  terminal.last.respond('hello');
  t.equal(connection.written.match(/HTTP\/1.1/g)?.length, 1);
  t.match(connection.written, /^HTTP\/1.1 500/);
});

scenario('a local reply behind the response’s headers resets the stream', (t) => {
  const { first, terminal, send, connection } = chainOf();
  send(post(''));
  terminal.last.decoder.encodeHeaders(new ResponseHeaders(200), false, 'via_upstream');
  terminal.last.decoder.encodeData(Buffer.from('half'), false);
  first.last.decoder.sendLocalReply({ status: 500, body: 'too late', details: 'test' });
  t.match(connection.written, /half\r\n$/);
  t.ok(connection.closed, 'the client must not take it for complete');
  t.equal(first.last.destroyed, 1);
});

scenario('an exception in a filter ends its stream with 500 and is logged, wherever it is thrown', (t) => {
  for (const direction of ['request', 'response'] as const) {
    for (const where of ['onHeaders', 'onData', 'onTrailers'] as const) {
      const { second, first, terminal, send, connection, stat } = chainOf();
      second.prepare = (filter) => {
        filter[direction][where] = () => {
          throw new Error(`thrown by a test in ${direction} ${where}`);
        };
      };
      send(chunked + chunk('ab') + withTrailers);
      if (direction === 'response') terminal.last.respond('', { chunks: ['x'], trailers: trailers() });
      const started = direction === 'response' && where !== 'onHeaders';
      if (started) t.ok(connection.closed, `${direction} ${where}: reset`);
      else t.match(connection.written, /^HTTP\/1.1 500 Internal Server Error\r\n/, `${direction} ${where}`);
      t.equal(first.last.destroyed, 1);
      t.equal(terminal.last.destroyed, 1);
      t.equal(stat('downstream_rq_active'), 0);
    }
  }
});

scenario('an exception in onDestroy or in a continued callback is contained', (t) => {
  const { first, terminal, send, connection } = chainOf();
  first.prepare = (filter) => {
    filter.request.headers = StopAllIterationAndBuffer;
    filter.onEnd = () => {
      throw new Error('thrown by a test in onDestroy');
    };
    filter.request.onData = () => {
      throw new Error('thrown by a test behind continueDecoding');
    };
  };
  send(post('ab'));
  first.last.decoder.continueDecoding();
  t.match(connection.written, /^HTTP\/1.1 500/);
  t.equal(terminal.last.destroyed, 1, 'the other filters were told of the end');
});

scenario('callbacks of a filter whose stream has ended do nothing', (t) => {
  const { first, terminal, send, connection } = chainOf();
  first.prepare = (filter) => {
    filter.request.headers = StopAllIterationAndBuffer;
  };
  send(post('ab'));
  const filter = first.last;
  connection.leave();
  t.equal(filter.destroyed, 1);
  filter.decoder.continueDecoding();
  filter.decoder.injectDecodedData(Buffer.from('x'), true);
  filter.decoder.sendLocalReply({ status: 500, body: '', details: 'test' });
  filter.encoder.continueEncoding();
  t.equal(connection.written, '');
  t.same(terminal.last.request.seen, []);
});

scenario('whatever filters answer, each is called in order and hears its end once', (t) => {
  const seed = 20_261;
  t.comment(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const pick = <T>(values: readonly T[]): T => values[random.uint32() % values.length] as T;
  for (let round = 0; round < 400; round++) {
    const factories = [new ScriptedFactory('first'), new ScriptedFactory('second'), new ScriptedFactory('last', true)];
    const ordered = factories.map((factory) => new OrderedFilterFactory(factory));
    const { send, connection } = managerOf(ordered, { bufferLimit: 16 }, { enableTrailers: true });
    for (const factory of factories.slice(0, 2)) {
      factory.prepare = (filter) => {
        for (const script of [filter.request, filter.response]) {
          script.headers = pick([0, 0, 1, 2, 3] as const);
          script.data = pick([0, 0, 1, 2, 3] as const);
          script.trailers = pick([0, 0, 1] as const);
        }
        if (pick([0, 0, 0, 0, 0, 1]) === 1) {
          filter.request.onData = () => filter.decoder.sendLocalReply({ status: 400, body: 'x', details: 't' });
        }
      };
    }
    send(chunked + chunk('abc'));
    send(chunk('defgh'));
    const act = (): void => {
      for (const factory of factories) {
        if (pick([0, 1]) === 1) factory.last.decoder.continueDecoding();
        if (pick([0, 1]) === 1 && !factory.terminal) factory.last.encoder.continueEncoding();
      }
    };
    act();
    send(chunk('i') + (pick([0, 1]) === 1 ? withTrailers : '0\r\n\r\n'));
    act();
    const terminal = factories[2] as ScriptedFactory;
    if (terminal.last.destroyed === 0 && terminal.last.request.seen.length > 0) {
      terminal.last.respond('', pick([{ chunks: ['x', 'y'] }, { chunks: ['x'], trailers: trailers() }, {}]));
    }
    for (let i = 0; i < 4; i++) act();
    connection.leave();
    for (const factory of ordered) {
      t.same(factory.violations, [], `round ${round}, ${factory.name}`);
      t.equal(factory.alive, 0, `round ${round}: every filter heard of its end`);
    }
    t.ok((connection.written.match(/HTTP\/1.1 \d/g) ?? []).length <= 1, `round ${round}: one response`);
    if (!t.passing()) break;
  }
});
