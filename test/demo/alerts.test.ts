import { expect, test } from 'vitest';
import { describeAlert, describeEarlyAlerts, type Alert } from '../../demo/alerts.js';

const alert = (event: string, about: string, reason: string, message: string): Alert => ({
  event,
  about,
  reason,
  message,
});
const died = (about: string): Alert[] => [
  alert('needs-attention', about, 'Expired', 'generation 8 is dead'),
  alert('renewal-overdue', about, 'Late', 'the renewal is late'),
  alert('recovered', about, 'Recovered', 'generation 9 lives'),
];
const refused = alert('needs-attention', 'production/crm', 'InvalidGrant', 'the grant is refused');

test('an alert is a line that begins with its event', () => {
  expect(describeAlert(refused)).toBe('ALERT needs-attention: production/crm the grant is refused');
});

test.each([
  ['none, as at a first start', [], []],
  [
    'tokens that died meanwhile, all in one line',
    [...died('staging/billing'), ...died('production/crm')],
    ['production/crm, staging/billing died while the demo was stopped: alerted, renewed at once'],
  ],
  [
    'trouble that a start does not end, as it came',
    [...died('production/crm').slice(0, 2), refused],
    [
      'production/crm died while the demo was stopped: alerted, renewed at once',
      'ALERT needs-attention: production/crm the grant is refused',
    ],
  ],
  [
    'the end of other trouble',
    [alert('recovered', 'production/crm', 'Recovered', 'generation 9 lives')],
    ['ALERT recovered: production/crm generation 9 lives'],
  ],
])('alerts that came before all was ready: %s', (_, alerts, lines) => {
  expect(describeEarlyAlerts(alerts)).toEqual(lines);
});
