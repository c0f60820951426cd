// Times against what a real Envoy 1.40 wrote for the same moment.
import t from 'tap';
import { compileTimeFormat, isoMilliseconds } from '../../../../src/observability/access-log/format/time-format.ts';

const moment = Date.UTC(2026, 10, 23, 7, 15, 32) + 391.834;

t.test('conversions of strftime and fractions', (t) => {
  const cases = {
    '%Y/%m/%d %H-%M-%S %3f %6f %9f %1f %2f': '2026/11/23 07-15-32 391 391834 391834000 3 39',
    '%s %E3S %E*S %e %j %a %A %b %B %Z %z %p %I %y %C':
      '1795418132 32.391 32.391834 23 327 Mon Monday Nov November UTC +0000 AM 07 26 20',
    '%3f%%': '391%',
    '%s.%3f %s%6f': '1795418132.391 1795418132391834',
    '%FT%T %D %R %c': '2026-11-23T07:15:32 11/23/26 07:15 Mon Nov 23 07:15:32 2026',
    '%f': '391834000',
    'no conversion': 'no conversion',
    '%Q %!': '%Q %!',
  };
  for (const [format, wanted] of Object.entries(cases)) {
    t.equal(compileTimeFormat(format, false)(moment), wanted, format);
  }
  t.end();
});

t.test('what is kept for a second is made anew for the next, and for one before', (t) => {
  const iso = isoMilliseconds();
  const custom = compileTimeFormat('%S.%3f', false);
  for (const offset of [0, 7, 1000, 608, 609, -393]) {
    const wanted = new Date(moment + offset).toISOString();
    t.equal(iso(moment + offset), wanted);
    t.equal(custom(moment + offset), wanted.slice(17, 23));
  }
  t.equal(iso(0), '1970-01-01T00:00:00.000Z');
  t.end();
});

t.test('local time has the offset of the zone', (t) => {
  const zone = process.env['TZ'];
  process.env['TZ'] = 'Asia/Kolkata';
  t.equal(compileTimeFormat('%Y-%m-%dT%H:%M:%S.%3f%z', true)(moment), '2026-11-23T12:45:32.391+0530');
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
  t.end();
});
