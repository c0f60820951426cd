// Heads that come in pieces: limits, and work that does not grow with the number of pieces.
import t from 'tap';
import { HeadReader } from '../../../../src/http/codec/h1/head-reader.ts';
import { ScanResult } from '../../../../src/http/codec/h1/head-scanner.ts';
import { ServerFixture } from './support/recorder.ts';

t.test('where the head ends, octet by octet and behind other bytes', (t) => {
  const head = 'GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n';
  const whole = new HeadReader(1000, 10, false);
  whole.begin(true);
  t.equal(whole.read(Buffer.from(`xx${head}body`), 2, 2 + head.length + 4), 2 + head.length);
  t.equal(whole.result, ScanResult.Complete);
  const pieces = new HeadReader(1000, 10, false);
  pieces.begin(true);
  for (let i = 0; i < head.length - 1; i++) {
    t.equal(pieces.read(Buffer.from(`x${head[i]}x`), 1, 2), 2);
    t.equal(pieces.result, ScanResult.NeedMore);
  }
  t.equal(pieces.started, true);
  t.equal(pieces.read(Buffer.from('\nbody'), 0, 5), 1);
  t.equal(pieces.result, ScanResult.Complete);
  t.equal(pieces.bytes.toString('latin1', pieces.start, pieces.start + pieces.scanner.length), head);
  t.same(
    pieces.scanner.names.slice(0, pieces.scanner.count).map((name) => name.name),
    ['host', 'x'],
  );
  t.end();
});

t.test('the limit is the same however the head comes', (t) => {
  for (const over of [0, 1]) {
    const request = `GET / HTTP/1.1\r\nHost: h\r\nx: ${'y'.repeat(1000 - 32 + over)}\r\n\r\n`;
    for (const size of [1, 7, 999, 1000, 5000]) {
      const server = new ServerFixture({ maxHeadersBytes: 1000 });
      let error = null;
      for (let at = 0; at < request.length && error === null; at += size)
        error = server.feed(request.slice(at, at + size));
      if (over === 0) t.equal(error, null, `${request.length} octets, ${size} at a time`);
      else
        t.match(
          error,
          { status: 431, details: 'http1.headers_too_large' },
          `${request.length} octets, ${size} at a time`,
        );
    }
  }
  t.end();
});

t.test('a slow sender costs each octet once', (t) => {
  // Counted, not timed: a proxy over the bytes would change what is measured, so the scanner's calls are counted.
  const lines = 2000;
  const head = `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(lines)}\r\n`;
  const reader = new HeadReader(60 * 1024, 10_000, false);
  reader.begin(true);
  let scanned = 0;
  const { scanner } = reader;
  const scan = scanner.scan.bind(scanner);
  scanner.scan = (bytes, start, end) => {
    const before = scanner.count;
    const result = scan(bytes, start, end);
    scanned += scanner.count - before + 1;
    return result;
  };
  for (const char of head) reader.read(Buffer.from(char), 0, 1);
  t.equal(reader.result, ScanResult.Complete);
  t.equal(scanner.count, lines);
  t.ok(scanned <= 2 * lines + 10, `${scanned} lines looked at for ${lines}`);
  t.end();
});

t.test('no line end, no scan', (t) => {
  const reader = new HeadReader(60 * 1024, 100, false);
  reader.begin(true);
  let scans = 0;
  const scan = reader.scanner.scan.bind(reader.scanner);
  reader.scanner.scan = (bytes, start, end) => {
    scans++;
    return scan(bytes, start, end);
  };
  for (let i = 0; i < 60 * 1024; i++) reader.read(Buffer.from('a'), 0, 1);
  t.equal(reader.result, ScanResult.NeedMore);
  t.equal(scans, 1, 'only the first octet was looked at');
  reader.read(Buffer.from('a'), 0, 1);
  t.equal(reader.result, ScanResult.Error);
  t.end();
});
