// The chain of network filters: who sees which bytes, what is kept while one of them waits.
import t from 'tap';
import { ipAddress } from '../../../src/base/address.ts';
import { type Connection, FilterStatus, type ReadFilter, type ReadFilterCallbacks } from '../../../src/network/api.ts';
import { NetworkFilterChain } from '../../../src/network/filter-chain.ts';
import { type ConnectionStream, StreamInfo } from '../../../src/observability/stream-info.ts';

const { Continue, StopIteration } = FilterStatus;

const info: ConnectionStream = {
  id: 1,
  localAddress: ipAddress('127.0.0.1', 1),
  directRemoteAddress: ipAddress('127.0.0.1', 2),
  listenerName: '',
  filterChainName: '',
  requestedServerName: '',
  tls: null,
  terminationDetails: '',
  transportFailureReason: '',
  get streamInfo() {
    return new StreamInfo(0, 0, info);
  },
};

class FakeConnection implements Connection {
  readonly id = 1;
  readonly localAddress = info.localAddress;
  readonly remoteAddress = info.directRemoteAddress;
  closed = false;
  readonly nextProtocol = '';
  readonly tls = null;
  readonly transportFailureReason = '';
  readonly bytesRead = 0;
  readonly bytesWritten = 0;
  disabled = 0;
  writeLatin1(): void {}
  writeBuffer(): void {}
  flush(): void {}
  endWrite(): void {}
  close(): void {
    this.closed = true;
  }
  readDisable(disable: boolean): void {
    this.disabled += disable ? 1 : -1;
  }
  setReader(): void {}
  addCallbacks(): void {}
  removeCallbacks(): void {}
  setDelayedCloseTimeout(): void {}
  setBufferLimit(): void {}
}

class Filter implements ReadFilter {
  callbacks!: ReadFilterCallbacks;
  onOpen: FilterStatus = Continue;
  onBytes: FilterStatus = Continue;
  opened = 0;
  seen = '';
  ends = 0;
  onSeen: () => void = () => {};
  initialize(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }
  onNewConnection(): FilterStatus {
    this.opened++;
    return this.onOpen;
  }
  onData(data: Buffer, endStream: boolean): FilterStatus {
    this.seen += data.toString();
    if (endStream) this.ends++;
    this.onSeen();
    return this.onBytes;
  }
}

function chainOf(limit = 0) {
  const first = new Filter();
  const second = new Filter();
  const last = new Filter();
  last.onOpen = StopIteration;
  last.onBytes = StopIteration;
  const connection = new FakeConnection();
  const chain = new NetworkFilterChain(connection, info, [first, second, last], limit);
  const send = (text: string, end = false): void => {
    // What is kept must be a copy: the reader's buffer is overwritten by the next read.
    const borrowed = Buffer.from(text);
    chain.onData(borrowed, end);
    borrowed.fill('?');
  };
  return { first, second, last, connection, chain, send };
}

t.test('every filter sees the connection and its bytes in order', (t) => {
  const { first, second, last, chain, send } = chainOf();
  chain.open();
  send('a');
  send('b', true);
  for (const filter of [first, second, last]) {
    t.equal(filter.opened, 1);
    t.equal(filter.seen, 'ab');
    t.equal(filter.ends, 1);
  }
  t.end();
});

t.test('a filter that stops in onNewConnection holds back those behind it, not the bytes of those before', (t) => {
  const { first, second, last, chain, send } = chainOf();
  second.onOpen = StopIteration;
  second.onBytes = StopIteration;
  chain.open();
  t.equal(last.opened, 0);
  send('a');
  send('b', true);
  t.equal(first.seen, 'ab');
  t.equal(second.seen, 'ab');
  t.equal(last.opened, 0);
  second.callbacks.continueReading();
  t.equal(last.opened, 1);
  t.equal(last.seen, 'ab');
  t.equal(last.ends, 1);
  t.equal(first.seen, 'ab', 'nobody sees bytes twice');
  t.equal(second.seen, 'ab');
  t.end();
});

t.test('a filter that stopped in onNewConnection may continue before there are bytes', (t) => {
  const { second, last, chain, send } = chainOf();
  second.onOpen = StopIteration;
  chain.open();
  second.callbacks.continueReading();
  t.equal(last.opened, 1);
  t.equal(last.seen, '');
  send('a');
  t.equal(last.seen, 'a');
  second.callbacks.continueReading();
  t.equal(last.seen, 'a', 'continuing twice changes nothing');
  t.end();
});

t.test('a filter that stops in onData is shown what comes, and lets go by answering Continue', (t) => {
  const { first, second, last, chain, send } = chainOf();
  chain.open();
  second.onBytes = StopIteration;
  send('a');
  send('b');
  t.equal(last.seen, '');
  second.onBytes = Continue;
  send('c');
  t.equal(last.seen, 'abc');
  t.equal(first.seen, 'abc');
  t.equal(second.seen, 'abc');
  t.end();
});

t.test('two filters stop, each keeps its own', (t) => {
  const { first, second, last, chain, send } = chainOf();
  chain.open();
  second.onBytes = StopIteration;
  send('a');
  first.onBytes = StopIteration;
  send('b');
  t.equal(second.seen, 'a');
  second.callbacks.continueReading();
  t.equal(last.seen, 'a');
  second.onBytes = Continue;
  first.callbacks.continueReading();
  t.equal(second.seen, 'ab');
  t.equal(last.seen, 'ab');
  t.end();
});

t.test('beyond the buffer limit the socket is not read until the bytes have gone on', (t) => {
  const { second, connection, chain, send } = chainOf(4);
  chain.open();
  second.onBytes = StopIteration;
  send('abcd');
  t.equal(connection.disabled, 0);
  send('e');
  send('f');
  t.equal(connection.disabled, 1, 'once, however much comes');
  second.callbacks.continueReading();
  t.equal(connection.disabled, 0);
  t.end();
});

t.test('nothing is shown to filters of a connection that one of them closed', (t) => {
  const { first, second, last, connection, chain, send } = chainOf();
  chain.open();
  first.onSeen = () => connection.close();
  send('a');
  t.equal(second.seen, '');
  second.callbacks.continueReading();
  t.equal(last.seen, '');
  t.end();
});
