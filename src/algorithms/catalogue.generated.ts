/** Made by `npm run docs` from the headers of src/algorithms, the recipe's schema and the presets. Do not edit. */

import type { CatalogueEntry } from './catalogue.ts';

export const catalogueEntries: readonly CatalogueEntry[] = [
  {
    "kind": "preset",
    "name": "grpo",
    "summary": "group-normalised advantage, clipped token ratio, token mean (verl's GRPO)",
    "text": "",
    "source": "Shao et al. 2024, arXiv:2402.03300. Departures: mean over the tokens of the mini-batch (verl's default), no KL by default, and the dual clip of verl for negative advantages.",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "3"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "dr_grpo",
    "summary": "GRPO without the two divisions that favour long wrong answers and easy prompts",
    "text": "",
    "source": "Liu et al. 2025, arXiv:2503.20783",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"none\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"seq-mean-token-sum-norm\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "3"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "dapo",
    "summary": "the upper clip bound raised, token mean, wide dual clip, groups of equal rewards sampled again, overlong completions paid less",
    "text": "",
    "source": "Yu et al. 2025, arXiv:2503.14476",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.28"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "10"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.filter_groups.enable",
        "value": "true"
      },
      {
        "key": "algorithm.filter_groups.metric",
        "value": "null"
      },
      {
        "key": "algorithm.filter_groups.max_gen_batches",
        "value": "10"
      },
      {
        "key": "algorithm.overlong.buffer",
        "value": "null"
      },
      {
        "key": "algorithm.overlong.factor",
        "value": "1"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "clip_higher",
    "summary": "GRPO with the upper clip bound raised, so that improbable tokens can grow",
    "text": "",
    "source": "Yu et al. 2025, arXiv:2503.14476",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.28"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "3"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "rloo",
    "summary": "each completion against the mean of the others in its group",
    "text": "",
    "source": "Ahmadian et al. 2024, arXiv:2402.14740",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"rloo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"none\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "3"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "gspo",
    "summary": "one ratio for the whole completion, tightly clipped; wants two or more updates a step",
    "text": "",
    "source": "Zheng et al. 2025, arXiv:2507.18071",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"seq-mean-token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.0003"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.0004"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "null"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"sequence\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "cispo",
    "summary": "every token keeps its gradient, weighed by a capped ratio",
    "text": "",
    "source": "CISPO: MiniMax 2025, arXiv:2506.13585",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"plain\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "null"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.cispo.cap",
        "value": "5"
      },
      {
        "key": "algorithm.cispo.floor",
        "value": "0"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "reinforce_pp",
    "summary": "returns whitened over the tokens of the batch, no groups needed; rollout.n may be 1",
    "text": "",
    "source": "Hu et al. 2025, arXiv:2501.03262",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"reinforce_pp\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"none\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "3"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.discount",
        "value": "1"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "clip_cov",
    "summary": "a few tokens of high covariance left out of the update, so that entropy lasts (7B recipe)",
    "text": "",
    "source": "Cui et al. 2025, arXiv:2505.22617; PRIME-RL/Entropy-Mechanism-of-RL, compute_policy_loss_clip_cov. Departures: selects over the mini-batch where the release selects within each micro-batch; the draw comes from (seed, step, update, row, token).",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "1"
      },
      {
        "key": "algorithm.clip_high",
        "value": "1"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "null"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.filter_groups.enable",
        "value": "true"
      },
      {
        "key": "algorithm.filter_groups.metric",
        "value": "null"
      },
      {
        "key": "algorithm.filter_groups.max_gen_batches",
        "value": "10"
      },
      {
        "key": "algorithm.clip_cov.share",
        "value": "0.0002"
      },
      {
        "key": "algorithm.clip_cov.low",
        "value": "1"
      },
      {
        "key": "algorithm.clip_cov.high",
        "value": "5"
      },
      {
        "key": "optim.lr",
        "value": "5e-7"
      },
      {
        "key": "optim.weight_decay",
        "value": "0"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "clip_cov_32b",
    "summary": "the same with the learning rate of the 32B recipe",
    "text": "",
    "source": "Cui et al. 2025, arXiv:2505.22617; PRIME-RL/Entropy-Mechanism-of-RL, compute_policy_loss_clip_cov. Departures: selects over the mini-batch where the release selects within each micro-batch; the draw comes from (seed, step, update, row, token).",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "1"
      },
      {
        "key": "algorithm.clip_high",
        "value": "1"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "null"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.filter_groups.enable",
        "value": "true"
      },
      {
        "key": "algorithm.filter_groups.metric",
        "value": "null"
      },
      {
        "key": "algorithm.filter_groups.max_gen_batches",
        "value": "10"
      },
      {
        "key": "algorithm.clip_cov.share",
        "value": "0.0002"
      },
      {
        "key": "algorithm.clip_cov.low",
        "value": "1"
      },
      {
        "key": "algorithm.clip_cov.high",
        "value": "5"
      },
      {
        "key": "optim.lr",
        "value": "0.000001"
      },
      {
        "key": "optim.weight_decay",
        "value": "0"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "kl_cov",
    "summary": "tokens of largest covariance pulled back to the old policy; wants two or more updates a step (7B recipe)",
    "text": "",
    "source": "Cui et al. 2025, arXiv:2505.22617; PRIME-RL/Entropy-Mechanism-of-RL, compute_policy_loss_kl_cov. Departures: selects over the mini-batch where the release selects within each micro-batch. The paper has KL(old ‖ policy) in place of |Δ|.",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"plain\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "null"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.filter_groups.enable",
        "value": "true"
      },
      {
        "key": "algorithm.filter_groups.metric",
        "value": "null"
      },
      {
        "key": "algorithm.filter_groups.max_gen_batches",
        "value": "10"
      },
      {
        "key": "algorithm.kl_cov.share",
        "value": "0.002"
      },
      {
        "key": "algorithm.kl_cov.coef",
        "value": "1"
      },
      {
        "key": "optim.lr",
        "value": "5e-7"
      },
      {
        "key": "optim.weight_decay",
        "value": "0"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "kl_cov_32b",
    "summary": "the same with the share and learning rate of the 32B recipe",
    "text": "",
    "source": "Cui et al. 2025, arXiv:2505.22617; PRIME-RL/Entropy-Mechanism-of-RL, compute_policy_loss_kl_cov. Departures: selects over the mini-batch where the release selects within each micro-batch. The paper has KL(old ‖ policy) in place of |Δ|.",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"plain\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "null"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.filter_groups.enable",
        "value": "true"
      },
      {
        "key": "algorithm.filter_groups.metric",
        "value": "null"
      },
      {
        "key": "algorithm.filter_groups.max_gen_batches",
        "value": "10"
      },
      {
        "key": "algorithm.kl_cov.share",
        "value": "0.0002"
      },
      {
        "key": "algorithm.kl_cov.coef",
        "value": "1"
      },
      {
        "key": "optim.lr",
        "value": "0.000001"
      },
      {
        "key": "optim.weight_decay",
        "value": "0"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "egpo",
    "summary": "completions that were surer than their group weigh more",
    "text": "",
    "source": "Zzzzyear/test_verl, verl/trainer/ppo/core_algos.py, compute_egpo_advantage (no paper). Departures: the closing tag of the thinking is looked for among the completion's tokens; the release applies an index into prompt and completion to the completion alone.",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "3"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.egpo",
        "value": "{}"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "maxent",
    "summary": "the probabilities of a group brought to a target made of its rewards",
    "text": "",
    "source": "liv-daliberti/maxent-grpo (no paper; forms of November 2025, January 2026 and April 2026). Departures: a completion without tokens is no candidate; the optional clip takes the lesser objective on both sides, as PPO does.",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"plain\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "null"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.maxent.form",
        "value": "\"listwise-ce\""
      },
      {
        "key": "algorithm.maxent.tau",
        "value": "0.3"
      },
      {
        "key": "algorithm.maxent.beta",
        "value": "0"
      },
      {
        "key": "algorithm.maxent.q_temperature",
        "value": "2"
      },
      {
        "key": "algorithm.maxent.q_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.maxent.length_norm_ref",
        "value": "true"
      },
      {
        "key": "algorithm.maxent.length_norm_policy",
        "value": "true"
      },
      {
        "key": "algorithm.maxent.skip_zero_variance",
        "value": "true"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "entropic_resistance",
    "summary": "a bonus for completions on which passes with dropout disagree (BALD), and a KL to the reference",
    "text": "",
    "source": "PascalPolygon/grpo-vdr and PascalPolygon/trl (no paper). Departures: response coordinates under the mask (the release counts padding and reads the distribution after each token: `compat.bald.positions: source`); z = 0 in a group of one. A pad sees the pads before it; the release hides those from it.",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.0001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"seq-mean-token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"pg\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "null"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0.04"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.bald.form",
        "value": "\"additive\""
      },
      {
        "key": "algorithm.bald.passes",
        "value": "8"
      },
      {
        "key": "algorithm.bald.dropout",
        "value": "0.1"
      },
      {
        "key": "algorithm.bald.positions",
        "value": "\"per_token\""
      },
      {
        "key": "algorithm.bald.coef",
        "value": "1"
      }
    ]
  },
  {
    "kind": "preset",
    "name": "entropyrl",
    "summary": "the upper clip bound of a completion set by an outside score: a reward of that name, often with weight 0",
    "text": "",
    "source": "JUSTINLEECEO/EntropyRL, verl/trainer/core_algos.py (no paper). Departures: scored once per rollout batch, not at every micro-batch of the update; a failing scorer does not stop the run; there is no negative entropy bonus.",
    "options": [
      {
        "key": "algorithm.advantage",
        "value": "\"grpo\""
      },
      {
        "key": "algorithm.advantage_center",
        "value": "\"mean\""
      },
      {
        "key": "algorithm.advantage_scale",
        "value": "\"group\""
      },
      {
        "key": "algorithm.advantage_eps",
        "value": "0.000001"
      },
      {
        "key": "algorithm.loss_agg",
        "value": "\"token-mean\""
      },
      {
        "key": "algorithm.surrogate",
        "value": "\"clip\""
      },
      {
        "key": "algorithm.clip_low",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_high",
        "value": "0.2"
      },
      {
        "key": "algorithm.clip_dual",
        "value": "3"
      },
      {
        "key": "algorithm.ratio",
        "value": "\"token\""
      },
      {
        "key": "algorithm.kl_coef",
        "value": "0.01"
      },
      {
        "key": "algorithm.entropy_coef",
        "value": "0"
      },
      {
        "key": "algorithm.mask_truncated",
        "value": "false"
      },
      {
        "key": "algorithm.entropyrl.rule",
        "value": "\"step\""
      },
      {
        "key": "algorithm.entropyrl.threshold",
        "value": "0.0001"
      },
      {
        "key": "algorithm.entropyrl.low",
        "value": "0.3"
      },
      {
        "key": "algorithm.entropyrl.high",
        "value": "0.5"
      }
    ]
  },
  {
    "kind": "method",
    "name": "overlong",
    "summary": "Lower the reward of completions that come near the length limit.",
    "text": "Overlong penalty: the reward of a completion falls as it nears the length limit, so that a cut completion is no surprise.\n\n  R ← R + min(−(length − (maxTokens − buffer)) / buffer · factor, 0)",
    "source": "Yu et al. 2025 (DAPO), arXiv:2503.14476",
    "options": [
      {
        "key": "buffer",
        "type": "a number > 0 or null, in tokens",
        "value": "null",
        "description": "Tokens before rollout.max_tokens at which the penalty begins; null = a fifth of it."
      },
      {
        "key": "factor",
        "type": "a number ≥ 0",
        "value": "1",
        "description": "Penalty at the limit."
      }
    ]
  },
  {
    "kind": "method",
    "name": "bald",
    "summary": "Explore where passes with dropout disagree.",
    "text": "Entropic Resistance: completions on which passes with dropout disagree are worth exploring.\n\n  BALD_t = entropy of the mean of M distributions − mean of their entropies ≥ 0: how far the passes disagree about token t\n  BALD_i = its mean over the row, or its value at the row's last token\n  additive:        R_i ← R_i + coef · BALD_i + aleatoricCoef · mean entropy, before groups are compared\n  multiplicative:  z = clip((BALD − mean_g) / (std₁_g + 1e-6), ± cap)      c = 1 + exploreCoef · q · σ(max(z, 0))      A ← A · c / mean(c)\n                   q = 1, or σ(R − mean_g R) in the form weighted by quality",
    "source": "PascalPolygon/grpo-vdr and PascalPolygon/trl (no paper). Departures: response coordinates under the mask (the release counts padding and reads the distribution after each token: `compat.bald.positions: source`); z = 0 in a group of one. A pad sees the pads before it; the release hides those from it.",
    "options": [
      {
        "key": "form",
        "type": "one of additive, mult, mult-quality",
        "value": "\"additive\"",
        "description": "Whether it is added to the reward or scales the advantage."
      },
      {
        "key": "passes",
        "type": "a whole number ≥ 2",
        "value": "8",
        "description": "Passes with dropout."
      },
      {
        "key": "dropout",
        "type": "a number > 0 and < 1",
        "value": "0.1",
        "description": "Share dropped in them."
      },
      {
        "key": "positions",
        "type": "one of per_token, end_of_sequence",
        "value": "\"per_token\"",
        "description": "Mean over the row, or its last token."
      },
      {
        "key": "coef",
        "type": "a number ≥ 0, per nat",
        "value": "1",
        "description": "Weight in the reward (additive)."
      },
      {
        "key": "aleatoric_coef",
        "type": "a number ≥ 0, per nat",
        "value": "0",
        "description": "Weight of the row’s mean entropy in the reward (additive)."
      },
      {
        "key": "explore_coef",
        "type": "a number ≥ 0",
        "value": "0.5",
        "description": "Weight in the scale of the advantage (mult)."
      },
      {
        "key": "cap",
        "type": "a number > 0",
        "value": "3",
        "description": "Largest |z| that counts (mult)."
      }
    ]
  },
  {
    "kind": "method",
    "name": "egpo",
    "summary": "Weigh the advantages of a group by how sure each row was.",
    "text": "EGPO: rows that were surer than their group weigh more, rows that were less sure weigh less.\n\n  H_i = mean over the segment of −oldLogProb (the surprisal of what was sampled), or of the exact entropy\n  w_i = clip(mean of H over the group / (H_i + eps), weightMin, weightMax)        A_i ← A_i · w_i",
    "source": "Zzzzyear/test_verl, verl/trainer/ppo/core_algos.py, compute_egpo_advantage (no paper). Departures: the closing tag of the thinking is looked for among the completion's tokens; the release applies an index into prompt and completion to the completion alone.",
    "options": [
      {
        "key": "signal",
        "type": "one of nll, entropy",
        "value": "\"nll\"",
        "description": "What says how sure a row was: the surprisal of its tokens, or their exact entropy."
      },
      {
        "key": "segment",
        "type": "one of answer, thinking, joint",
        "value": "\"answer\"",
        "description": "Tokens it is taken over."
      },
      {
        "key": "weight_min",
        "type": "a number ≥ 0",
        "value": "0.5",
        "description": "Smallest weight."
      },
      {
        "key": "weight_max",
        "type": "a number ≥ 0",
        "value": "2",
        "description": "Largest weight."
      },
      {
        "key": "eps",
        "type": "a number ≥ 0",
        "value": "0.000001",
        "description": "Added to the row’s signal."
      },
      {
        "key": "version",
        "type": "1 or 2 or 3",
        "value": "3",
        "description": "Which release; 3 leaves rows with an empty segment alone."
      },
      {
        "key": "negatives",
        "type": "one of original, clamp, lock_one",
        "value": "\"original\"",
        "description": "Rows without a positive reward: weighted alike, never raised, or left at 1."
      }
    ]
  },
  {
    "kind": "method",
    "name": "edge",
    "summary": "Weigh the advantages of a group by the exact entropy of each row.",
    "text": "EDGE-GRPO: rows whose tokens were surer, by exact entropy, weigh more.\n\n  P_i   = mean entropy of the row\n  ratio:  w_i = clip(mean of P over the group / (P_i + eps), weightMin, weightMax)\n  zscore: w_i = clip(1 + beta · clip((mean − P_i) / std₁, ± zClip), weightMin, weightMax)        A_i ← A_i · w_i",
    "source": "Zhang et al. 2025, arXiv:2507.21848, as in Zzzzyear/test_verl, compute_edge_grpo_advantage. Departures: a group of one has weight 1 and rows without tokens stay out of their group's mean; the release gives weightMin and counts them as 0. `compat.edge.entropy_mean: source` takes the mean over padding too, as the release of that repository's TRL form does; unlike there, no slope passes through the weight.",
    "options": [
      {
        "key": "weight",
        "type": "one of ratio, zscore",
        "value": "\"ratio\"",
        "description": "How a row’s entropy is set against its group."
      },
      {
        "key": "weight_min",
        "type": "a number ≥ 0",
        "value": "0.5",
        "description": "Smallest weight."
      },
      {
        "key": "weight_max",
        "type": "a number ≥ 0",
        "value": "2",
        "description": "Largest weight."
      },
      {
        "key": "beta",
        "type": "a number",
        "value": "1",
        "description": "Slope of the zscore form."
      },
      {
        "key": "z_clip",
        "type": "a number ≥ 0",
        "value": "3",
        "description": "Largest |z| that counts."
      },
      {
        "key": "eps",
        "type": "a number ≥ 0, in nats",
        "value": "0.000001",
        "description": "Added to the row’s entropy."
      }
    ]
  },
  {
    "kind": "method",
    "name": "seed_grpo",
    "summary": "Lower the advantages of prompts whose answers scatter.",
    "text": "SEED-GRPO: prompts whose completions give many different answers count less.\n\n  clusters = equal answers (a completion without one is its own)      mass = Σ e^{mean log-prob} of the cluster / Σ of the group\n  H = −Σ mass · ln mass        A ← A / (1 + (alpha / ln G) · H)",
    "source": "Chen et al. 2025, arXiv:2505.12346, in the form of liv-daliberti/maxent-grpo. Departures: a completion without tokens has no mass (one release gives it the largest); a group of one is left alone.",
    "options": [
      {
        "key": "alpha",
        "type": "a number ≥ 0",
        "value": "0.0417",
        "description": "How strongly semantic entropy lowers the advantages."
      }
    ]
  },
  {
    "kind": "method",
    "name": "xdr",
    "summary": "Weigh the rows of a group by what they contribute.",
    "text": "xDr.GRPO: inside a group, rows that contribute more to the objective weigh more.\n\n  U_i = A_i · n_i / maxTokens, at the policy that sampled      w_i = n_valid · softmax over the group (U / tau)\n\ntau = ∞ leaves every row at 1; tau = 0 shares all weight among the best. Equal utilities give exactly 1. `adaptive`: tau / ln(1 + κ), κ the\ndifferent right answers of the group, at least 1; a right completion without an answer counts as one of its own.",
    "source": "liv-daliberti/maxent-grpo, src/oat_drgrpo/xdr.py, paper/main.tex. Departures: none at the frozen utilities; the reference tilt of the paper is not in its code and not here.",
    "options": [
      {
        "key": "tau",
        "type": "a number ≥ 0 or null",
        "value": "null",
        "description": "Temperature of the weights; null leaves every row at 1, 0 keeps the best."
      },
      {
        "key": "adaptive",
        "type": "true or false",
        "value": "false",
        "description": "A lower temperature where a prompt has several right answers."
      }
    ]
  },
  {
    "kind": "method",
    "name": "entropyrl",
    "summary": "Set the upper clip of each row from an outside score.",
    "text": "EntropyRL: completions that an outside scorer finds wanting may grow further before the ratio clip stops them.\n\n  step:   clipHigh_i = score_i < threshold ? low : high\n  linear: clipHigh_i = min + (max − min) · score_i\n\nThe score of the source is CHAIRi, the share of hallucinated object mentions. A missing or failed score leaves the base bound.",
    "source": "JUSTINLEECEO/EntropyRL, verl/trainer/core_algos.py (no paper). Departures: scored once per rollout batch, not at every micro-batch of the update; a failing scorer does not stop the run; there is no negative entropy bonus.",
    "options": [
      {
        "key": "score",
        "type": "text",
        "value": "\"chair\"",
        "description": "Name of the outside score."
      },
      {
        "key": "rule",
        "type": "one of step, linear",
        "value": "\"step\"",
        "description": "How the score becomes a bound."
      },
      {
        "key": "threshold",
        "type": "a number",
        "value": "0.0001",
        "description": "Scores below it get `low` (step)."
      },
      {
        "key": "low",
        "type": "a number ≥ 0",
        "value": "0.3",
        "description": "Upper clip of good completions (step)."
      },
      {
        "key": "high",
        "type": "a number ≥ 0",
        "value": "0.5",
        "description": "Upper clip of the others (step)."
      },
      {
        "key": "min",
        "type": "a number ≥ 0",
        "value": "0",
        "description": "Upper clip at score 0 (linear)."
      },
      {
        "key": "max",
        "type": "a number ≥ 0",
        "value": "10",
        "description": "Upper clip at score 1 (linear)."
      }
    ]
  },
  {
    "kind": "method",
    "name": "maxent",
    "summary": "Bring the probabilities of a group’s completions to a target distribution.",
    "text": "MaxEnt-GRPO: bring the probabilities of a group's completions to a distribution made of their utilities.\n\n  q = softmax(reward / qTemperature)        w ∝ q^{1/(τ + β)} · reference^{β/(τ + β)}\n  listwise-ce:  p = softmax over the group of the completions' log-probs;  loss = −Σ w_i ln p_i, mean over groups\n  mle-sum:      loss = −Σ w_i Σ_t logProb;      mle-mean: the mean over tokens in place of the sum; both mean over groups\n\nThe maximum-likelihood forms push every completion up, also in groups of equal rewards; listwise-ce pushes down what has more than its\ntarget, and leaves groups of equal rewards alone while `skipZeroVariance`.",
    "source": "liv-daliberti/maxent-grpo (no paper; forms of November 2025, January 2026 and April 2026). Departures: a completion without tokens is no candidate; the optional clip takes the lesser objective on both sides, as PPO does.",
    "options": [
      {
        "key": "form",
        "type": "one of listwise-ce, mle-sum, mle-mean",
        "value": "\"listwise-ce\"",
        "description": "Cross-entropy over the group, or weighted likelihood."
      },
      {
        "key": "tau",
        "type": "a number ≥ 0",
        "value": "0.3",
        "description": "Temperature of the target."
      },
      {
        "key": "beta",
        "type": "a number ≥ 0",
        "value": "0",
        "description": "How strongly the reference tilts the target."
      },
      {
        "key": "q_temperature",
        "type": "a number > 0",
        "value": "2",
        "description": "Temperature of the utilities."
      },
      {
        "key": "q_eps",
        "type": "a number ≥ 0",
        "value": "0.000001",
        "description": "Least share of a completion."
      },
      {
        "key": "length_norm_ref",
        "type": "true or false",
        "value": "true",
        "description": "Score completions under the reference by their mean log-prob."
      },
      {
        "key": "length_norm_policy",
        "type": "true or false",
        "value": "true",
        "description": "The same under the policy."
      },
      {
        "key": "skip_zero_variance",
        "type": "true or false",
        "value": "true",
        "description": "Leave groups of equal utilities alone (listwise-ce)."
      },
      {
        "key": "denominator",
        "type": "one of tau+beta, tau",
        "value": "\"tau+beta\"",
        "description": "What divides the exponents of the target; tau alone as one release of listwise-ce has it."
      },
      {
        "key": "clip",
        "type": "a number > 0 or null",
        "value": "null",
        "description": "Adds a clipped sequence objective with this range; null = none."
      },
      {
        "key": "tau_control.start",
        "type": "a number, in nats",
        "value": "1.2",
        "description": "Entropy of the weights to hold at first."
      },
      {
        "key": "tau_control.final",
        "type": "a number, in nats",
        "value": "1.2",
        "description": "Entropy to hold after `horizon` steps."
      },
      {
        "key": "tau_control.horizon",
        "type": "a whole number ≥ 0, in steps",
        "value": "0",
        "description": "Steps from the first to the last target."
      },
      {
        "key": "tau_control.peak",
        "type": "a number or null, in nats",
        "value": "null",
        "description": "Entropy to reach on the way; null = straight from start to final."
      },
      {
        "key": "tau_control.peak_step",
        "type": "a whole number ≥ 0, in steps",
        "value": "0",
        "description": "Step at which it is reached."
      },
      {
        "key": "tau_control.step",
        "type": "a number ≥ 0",
        "value": "0.001",
        "description": "Change of ln tau per nat and step."
      },
      {
        "key": "tau_control.min",
        "type": "a number > 0",
        "value": "0.000001",
        "description": "Smallest tau."
      },
      {
        "key": "tau_control.max",
        "type": "a number ≥ 0 or null",
        "value": "null",
        "description": "Largest tau; null or 0 = none."
      },
      {
        "key": "tau_control.decay",
        "type": "a number ≥ 0 and < 1",
        "value": "0.9",
        "description": "Decay of the running mean of the weights’ entropy."
      },
      {
        "key": "beta_control.target",
        "type": "a number > 0, in nats a token",
        "value": "0.07",
        "description": "KL to the reference to hold."
      },
      {
        "key": "beta_control.step",
        "type": "a number > 0",
        "value": "1",
        "description": "The relative error counts at most this much."
      },
      {
        "key": "beta_control.horizon",
        "type": "a number > 0, in steps",
        "value": "500",
        "description": "Steps over which beta may change by one part."
      },
      {
        "key": "meta_control.start",
        "type": "a number, in nats",
        "value": "1.2",
        "description": "Entropy of the weights to hold at first."
      },
      {
        "key": "meta_control.final",
        "type": "a number, in nats",
        "value": "1.2",
        "description": "Entropy to hold after `horizon` steps."
      },
      {
        "key": "meta_control.horizon",
        "type": "a whole number ≥ 0, in steps",
        "value": "0",
        "description": "Steps from the first to the last target."
      },
      {
        "key": "meta_control.peak",
        "type": "a number or null, in nats",
        "value": "null",
        "description": "Entropy to reach on the way; null = straight from start to final."
      },
      {
        "key": "meta_control.peak_step",
        "type": "a whole number ≥ 0, in steps",
        "value": "0",
        "description": "Step at which it is reached."
      },
      {
        "key": "meta_control.kl",
        "type": "a number ≥ 0, in nats a token",
        "value": "0.07",
        "description": "KL to the reference to hold."
      },
      {
        "key": "meta_control.tau_step",
        "type": "a number ≥ 0",
        "value": "0.05",
        "description": "Change of tau per nat by which the entropy of the weights is off, and step."
      },
      {
        "key": "meta_control.beta_step",
        "type": "a number ≥ 0",
        "value": "0.2",
        "description": "Change of beta per nat by which the KL is off, and step."
      },
      {
        "key": "meta_control.tau_min",
        "type": "a number > 0",
        "value": "0.000001",
        "description": "Smallest tau."
      },
      {
        "key": "meta_control.tau_max",
        "type": "a number > 0",
        "value": "1",
        "description": "Largest tau."
      },
      {
        "key": "meta_control.kl_clip",
        "type": "a number ≥ 0, in nats a token",
        "value": "0",
        "description": "The KL is off by at most this; 0 = any."
      }
    ]
  },
  {
    "kind": "method",
    "name": "cispo",
    "summary": "Weigh the log-prob of every token by its ratio, held in bounds; no token is stopped.",
    "text": "CISPO: L = −sg[clip(r, low, high)] · A · logProb. Extra counts tokens whose ratio is held.",
    "source": "CISPO: MiniMax 2025, arXiv:2506.13585",
    "options": [
      {
        "key": "cap",
        "type": "a number > 0",
        "value": "5",
        "description": "Largest weight of a token, as TRL writes it."
      },
      {
        "key": "floor",
        "type": "a number ≥ 0",
        "value": "0",
        "description": "Smallest weight."
      },
      {
        "key": "clip_high",
        "type": "a number ≥ 0 or null",
        "value": "null",
        "description": "The same as verl writes it: the cap is 1 + clip_high; null = cap."
      },
      {
        "key": "clip_low",
        "type": "a number ≥ 0 or null",
        "value": "null",
        "description": "The same: the floor is 1 − clip_low; null = floor."
      }
    ]
  },
  {
    "kind": "method",
    "name": "sapo",
    "summary": "A gate that fades as the ratio leaves 1, in place of the clip.",
    "text": "SAPO: L = −A · (4 / τ) · σ(τ (r − 1)), with τ by the sign of A.",
    "source": "SAPO: arXiv:2511.20347",
    "options": [
      {
        "key": "tau_positive",
        "type": "a number > 0",
        "value": "1",
        "description": "Steepness for positive advantages."
      },
      {
        "key": "tau_negative",
        "type": "a number > 0",
        "value": "1.05",
        "description": "Steepness for negative ones."
      }
    ]
  },
  {
    "kind": "method",
    "name": "gmpo",
    "summary": "The geometric mean of the token ratios; wants loss_agg seq-mean-token-mean.",
    "text": "GMPO: L = −A · e^{mean of x}, x the log-ratios of a row's tokens, each held on the side its advantage pushes to. Bounds are of x.",
    "source": "GMPO: arXiv:2507.20673",
    "options": [
      {
        "key": "low",
        "type": "a number ≥ 0",
        "value": "0.4",
        "description": "The log-ratio counts down to −low."
      },
      {
        "key": "high",
        "type": "a number ≥ 0",
        "value": "0.4",
        "description": "The log-ratio counts up to high."
      }
    ]
  },
  {
    "kind": "method",
    "name": "dppo",
    "summary": "Leave tokens alone whose probability has moved too far the way they are pushed.",
    "text": "DPPO: L = −A · sg[min(r, cap)] · logProb, 0 where the token has already moved too far the way it is pushed.",
    "source": "DPPO: arXiv:2602.04879",
    "options": [
      {
        "key": "divergence",
        "type": "one of tv, kl",
        "value": "\"tv\"",
        "description": "Difference of probabilities, or KL of the token’s coin."
      },
      {
        "key": "low",
        "type": "a number ≥ 0",
        "value": "0.2",
        "description": "Divergence beyond which a token pushed down is left alone."
      },
      {
        "key": "high",
        "type": "a number ≥ 0",
        "value": "0.2",
        "description": "The same for a token pushed up."
      },
      {
        "key": "cap",
        "type": "a number > 0",
        "value": "20",
        "description": "Largest ratio that counts."
      }
    ]
  },
  {
    "kind": "method",
    "name": "vespo",
    "summary": "Weigh log-probs by a function of the whole completion’s ratio that fades on both sides of 1.",
    "text": "VESPO: L = −sg[φ(w)] · A · logProb, w the ratio of the whole completion, φ = e^{λ(1 − w)} · w^k. Extra is φ.",
    "source": "VESPO: arXiv:2602.10693",
    "options": [
      {
        "key": "k_positive",
        "type": "a number > 0",
        "value": "2",
        "description": "Power of the ratio where the advantage is positive."
      },
      {
        "key": "lambda_positive",
        "type": "a number > 0",
        "value": "3",
        "description": "Decay there."
      },
      {
        "key": "k_negative",
        "type": "a number > 0",
        "value": "3",
        "description": "Power where it is negative."
      },
      {
        "key": "lambda_negative",
        "type": "a number > 0",
        "value": "2",
        "description": "Decay there."
      }
    ]
  },
  {
    "kind": "method",
    "name": "dro",
    "summary": "Policy gradient with a squared pull of every log-prob to the old one, in place of the clip.",
    "text": "REINFORCE with a pull to the old policy: L = −(A · logProb − ½ pull · Δ²); DRO where pull > 0.",
    "source": "DRO: arXiv:2405.19107, as in verl",
    "options": [
      {
        "key": "beta",
        "type": "a number ≥ 0",
        "value": "0.1",
        "description": "Weight of the squared log-ratio, halved."
      }
    ]
  },
  {
    "kind": "method",
    "name": "ce_gppo",
    "summary": "A clip that keeps a bounded gradient outside its bounds.",
    "text": "L = −A · r, where outside the bounds r is the bound times a gain and still moves (CE-GPPO); where A < 0: min(L, −A · dual).",
    "source": "CE-GPPO: arXiv:2509.20712",
    "options": [
      {
        "key": "low_gain",
        "type": "a number ≥ 0",
        "value": "0.75",
        "description": "Gradient kept below the lower bound; more of it lowers entropy."
      },
      {
        "key": "high_gain",
        "type": "a number ≥ 0",
        "value": "1",
        "description": "Gradient kept above the upper bound; more of it raises entropy."
      }
    ]
  },
  {
    "kind": "method",
    "name": "entropy_shaping",
    "summary": "Raise the advantages of tokens at which the policy was undecided.",
    "text": "Reasoning with exploration: tokens at which the policy was undecided get a little more advantage.\n\n  A_t ← A + min(alpha · entropy_t, |A| / kappa)\n\nWith kappa ≥ 1 no advantage changes its sign.",
    "source": "Cheng et al. 2025, arXiv:2506.14758",
    "options": [
      {
        "key": "alpha",
        "type": "a number ≥ 0, per nat",
        "value": "0.4",
        "description": "Advantage per nat of entropy."
      },
      {
        "key": "kappa",
        "type": "a number > 0",
        "value": "2",
        "description": "The gain stays below |advantage| / kappa."
      }
    ]
  },
  {
    "kind": "method",
    "name": "high_entropy",
    "summary": "Learn from the tokens of highest entropy only.",
    "text": "80/20: learn from the tokens where the policy was most undecided, and leave the others as they are.\n\n  keep = entropy ≥ its (1 − share) quantile over the mini-batch        loss = mean over all tokens of 1[keep] · (the surrogate)\n\nKL stays on every token; an entropy bonus acts on the kept ones alone. `denominator: kept` takes the ⌊share · tokens⌋ tokens of highest entropy and\ndivides by their number, which is 1 / share times the step.",
    "source": "Wang et al. 2025, \"Beyond the 80/20 rule\", arXiv:2506.01939, with TRL's denominators. Departures: the quantile is of the mini-batch, where TRL takes it in each micro-batch. `kept` is as in CarlanLark/Lp-Reg-dev and Linn3a/siren.",
    "options": [
      {
        "key": "share",
        "type": "a number ≥ 0 and ≤ 1",
        "value": "0.2",
        "description": "Share of tokens to learn from."
      },
      {
        "key": "denominator",
        "type": "one of all, kept",
        "value": "\"all\"",
        "description": "Whether the mean of the policy term is over all tokens or over those."
      }
    ]
  },
  {
    "kind": "method",
    "name": "clip_cov",
    "summary": "Leave a few tokens of high covariance between log-prob and advantage out of the update.",
    "text": "Clip-Cov: leave a few high-covariance tokens out of the update, so that entropy does not collapse.\n\n  c    = (logProb − mean logProb) · (A − mean A)\n  drop = k random tokens with low < c < high that the ratio clip has not stopped already,  k = max(⌊share · tokens⌋, minCount)\n  loss = mean over tokens of  1[not dropped] · (the surrogate)\n\nUnder policy gradient the change of entropy is about −(step size) · cov(log-prob, advantage), and a few tokens carry most of it.\nDropped tokens still count in the mean.",
    "source": "Cui et al. 2025, arXiv:2505.22617; PRIME-RL/Entropy-Mechanism-of-RL, compute_policy_loss_clip_cov. Departures: selects over the mini-batch where the release selects within each micro-batch; the draw comes from (seed, step, update, row, token).",
    "options": [
      {
        "key": "share",
        "type": "a number ≥ 0 and ≤ 1",
        "value": "0.0002",
        "description": "Share of tokens to leave out."
      },
      {
        "key": "low",
        "type": "a number",
        "value": "1",
        "description": "Covariance above which a token may be left out."
      },
      {
        "key": "high",
        "type": "a number",
        "value": "5",
        "description": "Covariance above which it may not: outliers stay."
      },
      {
        "key": "min_count",
        "type": "a whole number ≥ 0, in tokens",
        "value": "1",
        "description": "Leave out at least this many."
      },
      {
        "key": "log_prob",
        "type": "one of current, old",
        "value": "\"current\"",
        "description": "Policy whose log-probs the covariance is of."
      }
    ]
  },
  {
    "kind": "method",
    "name": "kl_cov",
    "summary": "Pull the tokens of largest covariance between log-prob and advantage back to the old policy.",
    "text": "KL-Cov: pull the tokens of largest covariance back to the old policy, so that entropy does not collapse.\n\n  c    = (logProb − mean logProb) · (A − mean A)\n  pull = the k tokens of largest c,  k = max(⌊share · tokens⌋, minCount)\n  loss = mean over tokens of  −A·r + coef · 1[pulled] · |logProb − oldLogProb|\n\nNo ratio is clipped. While the policy has not moved since it sampled, |logProb − oldLogProb| is 0 and so is the pull: it needs two\nor more updates per rollout.",
    "source": "Cui et al. 2025, arXiv:2505.22617; PRIME-RL/Entropy-Mechanism-of-RL, compute_policy_loss_kl_cov. Departures: selects over the mini-batch where the release selects within each micro-batch. The paper has KL(old ‖ policy) in place of |Δ|.",
    "options": [
      {
        "key": "share",
        "type": "a number ≥ 0 and ≤ 1",
        "value": "0.0002",
        "description": "Share of tokens to pull back."
      },
      {
        "key": "coef",
        "type": "a number ≥ 0, per nat",
        "value": "1",
        "description": "Weight of the pull."
      },
      {
        "key": "min_count",
        "type": "a whole number ≥ 0, in tokens",
        "value": "1",
        "description": "Pull at least this many."
      },
      {
        "key": "log_prob",
        "type": "one of current, old",
        "value": "\"current\"",
        "description": "Policy whose log-probs the covariance is of."
      }
    ]
  },
  {
    "kind": "method",
    "name": "erc",
    "summary": "Stop tokens whose entropy left a band about what it was when they were sampled.",
    "text": "Entropy ratio clipping: a token whose entropy has changed too much since it was sampled is stopped.\n\n  the slope is kept where low < entropy / (entropy when sampled) < high; the loss value stays",
    "source": "Su et al. 2025, arXiv:2512.05591; Kwai-Klear/ERC",
    "options": [
      {
        "key": "low",
        "type": "a number ≥ 0",
        "value": "0.95",
        "description": "Lower end of the band."
      },
      {
        "key": "high",
        "type": "a number ≥ 0",
        "value": "1.05",
        "description": "Upper end of the band."
      }
    ]
  },
  {
    "kind": "method",
    "name": "off_policy_mask",
    "summary": "Leave out bad completions that have drifted far from their sampler.",
    "text": "Off-policy sequence mask: completions that did badly and have drifted far from the policy that sampled them are left out.\n\n  left out: A < 0 and mean_t(rolloutLogProb − logProb) > threshold",
    "source": "DeepSeek-AI 2025, DeepSeek-V3.2; TRL",
    "options": [
      {
        "key": "threshold",
        "type": "a number ≥ 0, in nats",
        "value": "0.5",
        "description": "Mean drift beyond which a bad completion is left out."
      }
    ]
  },
  {
    "kind": "method",
    "name": "rollout_correction",
    "summary": "Weigh tokens by how much likelier the trainer finds them than the sampler did.",
    "text": "Correction for a sampler that is not quite the policy the trainer recomputes: importance weights on the policy term.\n\n  w = e^x, x = oldLogProb − rolloutLogProb of the token, or summed over the row; with `policy: current`, x = logProb − rolloutLogProb\n  truncate: w held in [min, max]        mask: w where it lies in [min, max], else 0        batch_normalize: w over its mean in the step\n\nWithout an old policy (verl's bypass mode): `policy: current` with surrogate pg is its `reinforce`; its `ppo_clip` is old_log_probs: sampler with\nno correction, since the ratio of the clip is then to the sampler itself.",
    "source": "TIS: Yao et al. 2025; IcePop, MIS: Ling team 2025; modes as TRL names them, normalisation and bypass as in verl",
    "options": [
      {
        "key": "mode",
        "type": "one of token_truncate, token_mask, sequence_truncate, sequence_mask",
        "value": "\"token_truncate\"",
        "description": "Weight of the token or of the row; held in the bounds, or 0 outside them."
      },
      {
        "key": "max",
        "type": "a number > 0 or null",
        "value": "2",
        "description": "Largest weight; null = none."
      },
      {
        "key": "min",
        "type": "a number ≥ 0 or null",
        "value": "null",
        "description": "Smallest weight; null = none."
      },
      {
        "key": "batch_normalize",
        "type": "true or false",
        "value": "false",
        "description": "Divide the weights by their mean over the step."
      },
      {
        "key": "policy",
        "type": "one of old, current",
        "value": "\"old\"",
        "description": "Whose log-probs are set against the sampler’s: the old policy’s, or the present one’s."
      }
    ]
  },
  {
    "kind": "method",
    "name": "rollout_rejection",
    "summary": "Leave out tokens or completions whose sampler was too far from the trainer’s policy.",
    "text": "Rejection of what the sampler drew too far from the policy the trainer recomputes: tokens, or whole completions, leave the loss and its\ndenominator.\n\n  x = oldLogProb − rolloutLogProb;  k1 = −x,  k2 = x² / 2,  k3 = e^x − 1 − x;  of the token, or summed, averaged or maximal over the row\n  rejected: k2, k3 above `max`; k1 outside [ln min, ln max], min = 1 / max where it is null\n\nA completion is judged as a whole by the statistics that begin with seq; token_k1 … token_k3 judge each token by itself. What stays has to\npass every test.",
    "source": "verl, rollout_correction (rollout_rs)",
    "options": [
      {
        "key": "statistic",
        "type": "one of token_k1, token_k2, token_k3, seq_sum_k1, seq_sum_k2, seq_sum_k3, seq_mean_k1, seq_mean_k2, seq_mean_k3, seq_max_k2, seq_max_k3",
        "value": "\"seq_mean_k3\"",
        "description": "What is measured, of a token or of a row."
      },
      {
        "key": "max",
        "type": "a number > 0",
        "value": "0.01",
        "description": "Largest value that passes; of the ratio for k1."
      },
      {
        "key": "min",
        "type": "a number > 0 or null",
        "value": "null",
        "description": "Smallest ratio that passes (k1); null = 1 / max."
      },
      {
        "key": "also.*.statistic",
        "type": "one of token_k1, token_k2, token_k3, seq_sum_k1, seq_sum_k2, seq_sum_k3, seq_mean_k1, seq_mean_k2, seq_mean_k3, seq_max_k2, seq_max_k3",
        "value": "\"seq_mean_k3\"",
        "description": "What is measured, of a token or of a row."
      },
      {
        "key": "also.*.max",
        "type": "a number > 0",
        "value": "0.01",
        "description": "Largest value that passes; of the ratio for k1."
      },
      {
        "key": "also.*.min",
        "type": "a number > 0 or null",
        "value": "null",
        "description": "Smallest ratio that passes (k1); null = 1 / max."
      }
    ]
  },
  {
    "kind": "method",
    "name": "kl_control",
    "summary": "A KL coefficient that chases a target divergence; begins at kl_coef.",
    "text": "Adaptive KL coefficient: it grows while the policy is further from its reference than wanted, and shrinks while it is nearer.\n\n  β ← β · (1 + clip(KL / target − 1, ± clip) · rows / horizon), once a step, from algorithm.kl_coef on",
    "source": "Ziegler et al. 2019, arXiv:1909.08593, as in verl. Departures: KL is the mean over tokens that the run logs, where verl takes the mean over rows of the row's mean.",
    "options": [
      {
        "key": "target",
        "type": "a number > 0, in nats a token",
        "value": "0.1",
        "description": "KL to the reference to hold."
      },
      {
        "key": "horizon",
        "type": "a number > 0, in completions",
        "value": "10000",
        "description": "Completions over which the coefficient may change by one part."
      },
      {
        "key": "clip",
        "type": "a number > 0",
        "value": "0.2",
        "description": "The relative error counts at most this much."
      }
    ]
  },
  {
    "kind": "method",
    "name": "siren",
    "summary": "Hold the entropy of the most undecided tokens near an anchor.",
    "text": "SIREN: where the policy is most undecided, its entropy is held near what it was in the beginning.\n\n  peaks = tokens of the row with entropy above its quantile        h = mean over rows of the mean entropy of the peaks\n  loss += coef · (h − anchor)²\n\nThe anchor is h of the first step where none is given, the mean over its updates.",
    "source": "Jiang et al. 2025, arXiv:2509.25133; Linn3a/siren. Departures: entropies of the whole distribution in place of its nucleus; a row without tokens is left out of the mean.",
    "options": [
      {
        "key": "coef",
        "type": "a number ≥ 0, per nat²",
        "value": "0.005",
        "description": "Weight of the squared distance."
      },
      {
        "key": "quantile",
        "type": "a number ≥ 0 and ≤ 1",
        "value": "0.8",
        "description": "Tokens above this quantile of their row are peaks."
      },
      {
        "key": "anchor",
        "type": "a number ≥ 0 or null, in nats",
        "value": "null",
        "description": "Entropy to hold; null = that of the first step."
      }
    ]
  },
  {
    "kind": "method",
    "name": "token_maxent",
    "summary": "Reward the entropy of tokens, by a weight that answers to the KL.",
    "text": "Token-MaxEnt: the entropy of the policy is rewarded beside whatever the base does, more while the policy is near its reference.\n\n  loss −= α · H / ln V        H = mean over completions of the mean entropy of their tokens (or another mean), V the vocabulary\n  gate, by the KL of the step before:\n    KL < threshold:  α · (1 + gain · (threshold − KL) / threshold)        KL > threshold:  α / (1 + gain · (KL − threshold) / threshold)",
    "source": "liv-daliberti/maxent-grpo, objective maxent_entropy (no paper), on GRPO or Dr.GRPO. Departures: completions without tokens are left out of the mean. With `average: length` and `per_log_vocabulary: false` it is the term of the repository's July 2026 form.",
    "options": [
      {
        "key": "alpha",
        "type": "a number ≥ 0, per nat",
        "value": "0.005",
        "description": "Weight of the entropy."
      },
      {
        "key": "average",
        "type": "one of rows, tokens, length",
        "value": "\"rows\"",
        "description": "Mean of the completions’ means, mean over tokens, or sums over rollout.max_tokens averaged over completions."
      },
      {
        "key": "per_log_vocabulary",
        "type": "true or false",
        "value": "true",
        "description": "Divide by the largest entropy there can be, ln of the vocabulary."
      },
      {
        "key": "gate.threshold",
        "type": "a number > 0, in nats a token",
        "value": "0.04",
        "description": "KL to the reference at which alpha is as written."
      },
      {
        "key": "gate.gain",
        "type": "a number ≥ 0",
        "value": "1",
        "description": "How strongly alpha answers."
      },
      {
        "key": "gate.raise_on_low",
        "type": "true or false",
        "value": "true",
        "description": "Raise alpha below the threshold."
      },
      {
        "key": "gate.lower_on_high",
        "type": "true or false",
        "value": "true",
        "description": "Lower it above."
      },
      {
        "key": "gate.disable_outside",
        "type": "true or false",
        "value": "false",
        "description": "No bonus at all above the threshold."
      },
      {
        "key": "gate.min",
        "type": "a number ≥ 0",
        "value": "0.5",
        "description": "Smallest multiple of alpha."
      },
      {
        "key": "gate.max",
        "type": "a number ≥ 0",
        "value": "2",
        "description": "Largest multiple."
      }
    ]
  },
  {
    "kind": "method",
    "name": "entropy_target",
    "summary": "An entropy bonus whose coefficient chases a target entropy.",
    "text": "Adaptive entropy bonus: a coefficient that steps up while entropy is below its target and down while it is above.\n\n  trl:          H ≤ target: coef ← min(coef + step, max), bonus on        else: coef ← max(coef − step, min), bonus off in the next step\n  skywork:      the same with H < target, H the mean surprisal of what was sampled\n  dual_ascent:  coef ← clip(coef + step · (target − H), min, max), the bonus always on\n\nH is the exact mean entropy where the form does not say otherwise.",
    "source": "He et al. 2025 (Skywork-OR1), arXiv:2505.22312, and in TRL's form; dual ascent: Haarnoja et al. 2018, arXiv:1812.05905, as in Linn3a/siren",
    "options": [
      {
        "key": "form",
        "type": "one of trl, skywork, dual_ascent",
        "value": "\"trl\"",
        "description": "How the coefficient moves, and what it looks at."
      },
      {
        "key": "target",
        "type": "a number ≥ 0, in nats",
        "value": "0.2",
        "description": "Entropy to hold."
      },
      {
        "key": "step",
        "type": "a number ≥ 0",
        "value": "0.005",
        "description": "Change of the coefficient per step; per step and nat off for dual_ascent."
      },
      {
        "key": "min",
        "type": "a number",
        "value": "0",
        "description": "Smallest coefficient."
      },
      {
        "key": "max",
        "type": "a number",
        "value": "1",
        "description": "Largest coefficient."
      },
      {
        "key": "start",
        "type": "a number",
        "value": "0",
        "description": "Coefficient at the start."
      }
    ]
  },
  {
    "kind": "method",
    "name": "entropy_control",
    "summary": "Hold the entropy of the policy at a setpoint that may be edited while the run goes on.",
    "text": "Entropy control: an actuator of the loss is moved so that the entropy of the policy follows a setpoint.\n\n  gap = setpoint(step) − H\n  pi:         sum ← sum + integral · gap        actuator = start + sum + proportional · gap\n  band:       actuator ± step while H is outside setpoint ± width        bang-bang: max below the setpoint, min above\n\nH is the mean entropy of the tokens that were sampled, or of those that the bonus acts on. At a limit the sum stands still. The setpoint is\nin nats, or (`relative`) a multiple of the entropy of the run's first step, so that it means the same for every policy and task. It may be edited while the run goes on; of the edits whose step is reached the last one given holds.",
    "source": "Ours. The laws have been used apart: PI in EntroPIC (arXiv:2511.15248), band in Entrocraft (arXiv:2604.26326), steps in Skywork-OR1 (arXiv:2505.22312).",
    "options": [
      {
        "key": "setpoint",
        "type": "a number ≥ 0 or a list, each a list of 2: a whole number ≥ 0; a number ≥ 0, in nats",
        "value": "0.5",
        "description": "Entropy to hold: a number, or pairs (step, value) joined by straight lines."
      },
      {
        "key": "relative",
        "type": "true or false",
        "value": "false",
        "description": "The setpoint is a multiple of the entropy of the first step, not nats."
      },
      {
        "key": "law",
        "type": "one of pi, band, bang-bang",
        "value": "\"pi\"",
        "description": "How the gap moves the actuator."
      },
      {
        "key": "actuator",
        "type": "one of entropy_coef, kl_cov_coef, clip_high",
        "value": "\"entropy_coef\"",
        "description": "What is moved: the entropy bonus, the pull of kl_cov, or the upper clip."
      },
      {
        "key": "start",
        "type": "a number",
        "value": "0",
        "description": "The actuator at first."
      },
      {
        "key": "proportional",
        "type": "a number ≥ 0",
        "value": "1",
        "description": "Actuator per nat of gap (pi)."
      },
      {
        "key": "integral",
        "type": "a number ≥ 0",
        "value": "0.05",
        "description": "Actuator per nat of gap and step (pi)."
      },
      {
        "key": "step",
        "type": "a number ≥ 0",
        "value": "0.005",
        "description": "Change of the actuator per step (band)."
      },
      {
        "key": "width",
        "type": "a number ≥ 0, in nats",
        "value": "0.05",
        "description": "Half the width of the band."
      },
      {
        "key": "min",
        "type": "a number",
        "value": "0",
        "description": "Smallest value of the actuator; below 0 an entropy bonus lowers entropy."
      },
      {
        "key": "max",
        "type": "a number",
        "value": "0.2",
        "description": "Largest value."
      }
    ]
  }
];
