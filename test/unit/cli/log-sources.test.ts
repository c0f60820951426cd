import t from 'tap';
import { addLogSources } from '../../../scripts/log-sources.ts';

t.test('calls of a logger get their place, nothing else changes', (t) => {
  const source = `import { logger } from './logger.ts';
const log = logger('router');
function f(a: number): void {
  if (log.debugEnabled) log.debug(\`é )\`);
  log.info(
    'x' as string,
    { ConnectionId: a },
  );
  log.info('y',);
  logger('main').error('z');
  other.info('q');
  log.info('a', {}, 'given');
}
`;
  t.equal(
    addLogSources(source, 'src/a.ts'),
    source
      .replace('(`é )`)', '(`é )`,undefined,"src/a.ts:4")')
      .replace('{ ConnectionId: a },\n  )', '{ ConnectionId: a },\n  "src/a.ts:5")')
      .replace("('y',)", '(\'y\',undefined,"src/a.ts:9")')
      .replace("('z')", '(\'z\',undefined,"src/a.ts:10")'),
  );
  t.equal(addLogSources('const a = 1;', 'src/b.ts'), 'const a = 1;');
  t.end();
});
