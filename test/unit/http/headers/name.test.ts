// Names are one object each, whoever looks them up and in whatever spelling.
import t from 'tap';
import { headerName, isInterned, NameFlag, Names, pinnedName } from '../../../../src/http/headers/name.ts';
import { hashSeed, hashStep, lowerToken, nameOfBytes } from '../../../../src/http/headers/name-table.ts';

function fromBytes(spelling: string) {
  const bytes = Buffer.from(`x${spelling}x`, 'latin1');
  let hash = hashSeed;
  for (let i = 1; i <= spelling.length; i++) hash = hashStep(hash, lowerToken[bytes[i] ?? 0] ?? 0);
  return nameOfBytes(bytes, 1, 1 + spelling.length, hash);
}

t.test('one object for each name', (t) => {
  for (const spelling of ['host', 'Host', 'HOST', 'hOsT']) {
    t.equal(headerName(spelling), Names.host);
    t.equal(fromBytes(spelling), Names.host);
    t.equal(pinnedName(spelling), Names.host);
  }
  t.equal(headerName('X-Spelt-One'), headerName('x-spelt-one'));
  t.equal(fromBytes('X-SPELT-ONE'), headerName('X-Spelt-One'));
  t.equal(fromBytes('x-first-from-bytes'), headerName('X-First-From-Bytes'));
  t.end();
});

t.test('a pinned name is the object that messages brought before', (t) => {
  const seen = headerName('X-Seen-Before');
  t.equal(pinnedName('x-seen-BEFORE'), seen);
  t.equal(headerName('X-SEEN-before'), seen);
  t.end();
});

t.test('flags and spellings', (t) => {
  t.ok(headerName('x-envoy-anything').flags & NameFlag.Envoy);
  t.ok(headerName('a_b').flags & NameFlag.Underscore);
  t.notOk(headerName('a_b').flags & NameFlag.FramingLookalike);
  for (const name of ['transfer_encoding', 'Content_Length'])
    t.ok(headerName(name).flags & NameFlag.FramingLookalike, name);
  for (const name of ['transfer-encoding', 'content-length', 'host', 'connection', 'upgrade'])
    t.ok(headerName(name).flags & NameFlag.Framing, name);
  t.equal(headerName('X-Ab').wire, 'x-ab: ');
  // As Envoy's proper_case_words spells them.
  for (const [name, proper] of [
    ['foo-bar-x!y', 'Foo-Bar-X!Y: '],
    ['9a-b', '9a-B: '],
    ['--a', '--A: '],
    ['x_y', 'X_Y: '],
  ] as const) {
    t.equal(headerName(name).properWire, proper);
  }
  t.end();
});

t.test('long names are not kept', (t) => {
  const name = `x-${'l'.repeat(200)}`;
  t.equal(headerName(name).name, name);
  t.equal(isInterned(headerName(name)), false);
  t.equal(fromBytes(name).name, name);
  t.equal(pinnedName(name), fromBytes(name), 'unless configuration names them');
  t.end();
});

t.test('the tables are bounded, and names beyond them are right all the same', (t) => {
  for (let i = 0; i < 5000; i++) {
    const name = `x-flood-${i}`;
    t.equal(fromBytes(name).name, name) || t.bailout('wrong name');
  }
  const late = headerName('x-too-late-for-the-table');
  t.equal(late.name, 'x-too-late-for-the-table');
  t.equal(isInterned(late), false);
  const pinned = pinnedName('x-too-late-for-the-table');
  t.equal(fromBytes('X-Too-Late-For-The-Table'), pinned, 'configuration always gets identity');
  t.equal(headerName('X-Too-Late-For-The-Table'), pinned);
  t.end();
});

t.test('names that collide are told apart', (t) => {
  // `a~` and `b_` have the same polynomial hash: 256 names of eight such blocks share one.
  let names = [''];
  for (let i = 0; i < 8; i++) names = names.flatMap((name) => [`${name}a~`, `${name}b_`]);
  const hashOf = (name: string): number => [...name].reduce((hash, c) => hashStep(hash, c.charCodeAt(0)), hashSeed);
  t.equal(new Set(names.map(hashOf)).size, 1, 'they do collide');
  for (const name of [...names, ...names]) t.equal(fromBytes(name).name, name);
  t.end();
});
