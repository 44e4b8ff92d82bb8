/** Compares a backward pass with central differences of its forward pass, in float64 on the reference device. */

import { expect } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { elementsOf, type Tensor } from '../../src/gpu/tensor.ts';

const STEP = 1e-5;

export interface Differentiable<I extends string> {
  /** Shapes of the inputs. */
  readonly inputs: Readonly<Record<I, readonly number[]>>;
  readonly forward: (device: Device, inputs: Readonly<Record<I, Tensor>>) => Tensor;
  /** Gradients of Σ dOut · out in each input, from tensors that the forward pass left behind where it needs them. */
  readonly backward: (device: Device, inputs: Readonly<Record<I, Tensor>>, dOut: Tensor) => Readonly<Record<I, Tensor>>;
}

/** Expects every gradient to be within `tolerance` of the central difference of each element. */
export async function expectGradients<I extends string>({ inputs, forward, backward }: Differentiable<I>, tolerance = 1e-8): Promise<void> {
  const random = Random.seeded(9);
  const device = new ReferenceDevice();
  const names = Object.keys(inputs) as I[];
  const values = names.map((name, n) => Float64Array.from({ length: elementsOf(inputs[name]) }, (_, i) => random.normal(i, n)));
  const tensors = Object.fromEntries(names.map((name, n) => [name, tensorOf(device, 'f32', inputs[name], values[n]!, name)])) as Record<I, Tensor>;
  const out = forward(device, tensors);
  const slopes = Float64Array.from({ length: out.length }, (_, i) => random.normal(i, 99));
  const gradients = backward(device, tensors, tensorOf(device, 'f32', out.shape, slopes, 'dOut'));

  async function lossAt(name: I, data: Float64Array): Promise<number> {
    device.upload(tensors[name], data);
    const result = await device.read(forward(device, tensors));
    return slopes.reduce((sum, slope, i) => sum + slope * result[i]!, 0);
  }

  for (const [n, name] of names.entries()) {
    const gradient = await device.read(gradients[name]);
    for (let i = 0; i < values[n]!.length; i++) {
      const above = await lossAt(name, values[n]!.with(i, values[n]![i]! + STEP));
      const below = await lossAt(name, values[n]!.with(i, values[n]![i]! - STEP));
      const expected = (above - below) / (2 * STEP);
      expect(Math.abs(gradient[i]! - expected), `gradient of ${name}[${i}]: ${gradient[i]}, by differences ${expected}`).toBeLessThan(
        tolerance * (1 + Math.abs(expected)),
      );
    }
    device.upload(tensors[name], values[n]!);
  }
}
