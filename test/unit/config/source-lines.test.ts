import t from 'tap';
import { SourceLines } from '../../../src/config/source/lines.ts';

t.test('offsets become lines and columns, and lines are found again', async (t) => {
  const text = 'first\n\n  third\nlast';
  const lines = new SourceLines(text);
  const places = [...text].map((_, offset) => {
    const { line, column } = lines.lineAndColumn(offset);
    return `${line}:${column}`;
  });
  t.same(places.slice(0, 6), ['1:1', '1:2', '1:3', '1:4', '1:5', '1:6'], 'the end of a line belongs to it');
  t.equal(places[6], '2:1');
  t.equal(places[7], '3:1');
  t.equal(places.at(-1), '4:4');
  t.same(lines.lineAndColumn(text.length), { line: 4, column: 5 }, 'the end of the text');
  t.same(
    [0, 1, 2, 3, 4, 5].map((number) => lines.line(number)),
    [undefined, 'first', '', '  third', 'last', undefined],
  );
});

t.test('an empty text has one empty line', async (t) => {
  const lines = new SourceLines('');
  t.same(lines.lineAndColumn(0), { line: 1, column: 1 });
  t.equal(lines.line(1), '');
});

t.test('a text that ends with its last line', async (t) => {
  const lines = new SourceLines('a\nb\n');
  t.equal(lines.line(3), '');
  t.same(lines.lineAndColumn(4), { line: 3, column: 1 });
});
