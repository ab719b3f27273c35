import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { planOf, smallMlp } from '../helpers/plans.ts';

test('an engine is found by its name, with or without a variant, and says which it is', async (t) => {
  const plan = await planOf(smallMlp);
  for (const engine of ['simd', 'simd:fast-math', 'tfjs:cpu']) t.is((await createNetwork(plan, engine)).engine, engine);
});

test('an unknown engine or backend, or one that is not installed, is a clear error', async (t) => {
  const plan = await planOf(smallMlp);
  const messages: [engine: string, message: RegExp][] = [
    ['torch', /^Unknown engine "torch"\. Known: simd, simd:fast-math, tfjs, tfjs:<backend>\.$/],
    ['simd:fast', /^Unknown engine "simd:fast"\./],
    ['tfjs:', /^Unknown engine "tfjs:"\./],
    ['tfjs:cpu:0', /^Unknown engine "tfjs:cpu:0"\./],
    ['tfjs:cuda', /^Unknown tf\.js backend "cuda"\. Known: cpu, tensorflow, wasm, webgpu\.$/],
    ['tfjs:webgpu', /^The tf\.js backend "webgpu" is not installed\. Install @tensorflow\/tfjs-backend-webgpu/],
  ];
  for (const [engine, message] of messages) {
    await t.throwsAsync(createNetwork(plan, engine), { instanceOf: UserError, message }, engine);
  }
});
