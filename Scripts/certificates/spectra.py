"""Spectra of loss Hessians in double precision, by PyTorch's double backward: dense for tiny models, by Lanczos for others."""

import numpy as np
import torch

import reference_derivatives as reference

# Colours' statistics are single-precision numbers, as images and weights are.
reference.MEAN, reference.DEVIATION = (x.float().double() for x in (reference.MEAN, reference.DEVIATION))
#: Products at once: more take memory and gain nothing.
ROWS = 256


class Loss:
    """A loss of one batch with its gradient, over one flat vector of the active parameters."""

    def __init__(self, objective, architecture, parameters, active, batch):
        values = {k: x.detach().clone() for k, x in parameters.items()}
        self.names, self.leaves = active, [values[k].requires_grad_() for k in active]
        self.sizes = [x.numel() for x in self.leaves]
        loss = reference.loss(objective, architecture, values, batch)
        self.value = loss.item()
        self.gradient = torch.autograd.grad(loss, self.leaves, create_graph=True, materialize_grads=True)

    @property
    def order(self):
        return sum(self.sizes)

    def product(self, v):
        parts = [p.view_as(x) for p, x in zip(torch.from_numpy(v).split(self.sizes), self.leaves)]
        product = torch.autograd.grad(self.gradient, self.leaves, parts, retain_graph=True, materialize_grads=True)
        return torch.cat([x.reshape(-1) for x in product]).numpy()

    def dense(self):
        """The Hessian, and the Frobenius norm of what is not symmetric in it: the size of its rounding."""
        flat = torch.cat([x.reshape(-1) for x in self.gradient])
        rows = []
        for unit in torch.eye(self.order).split(ROWS):
            parts = torch.autograd.grad(
                flat, self.leaves, unit, retain_graph=True, is_grads_batched=True, materialize_grads=True)
            rows.append(torch.cat([x.reshape(len(unit), -1) for x in parts], 1))
        H = torch.cat(rows).numpy()
        return (H + H.T) / 2, float(np.linalg.norm(H - H.T))


def spectrum(case):
    """Loss, all eigenvalues, and how far these may be off by rounding."""
    loss = Loss(case.objective(), case.architecture, case.parameters, case.active(), case.batch())
    H, asymmetry = loss.dense()
    values = torch.linalg.eigvalsh(torch.from_numpy(H)).numpy()
    # The solver of dense symmetric matrices is off by some ε times the norm; four times the asymmetry stands for what both triangles share.
    return loss.value, values, 4 * asymmetry + 32 * np.finfo(float).eps * float(np.abs(values).max())


def foremost(loss, count, seed=0, tolerance=1e-11, most=400):
    """Eigenvalues of largest magnitude by Lanczos with full orthogonalisation, and the largest residual of the `count` foremost.

    All Ritz values of the last space are handed over whose residual is below the tolerance times the largest: a value may be near to
    one behind the foremost.
    """
    random = np.random.default_rng(seed)
    n = loss.order
    basis = np.zeros((min(most, n) + 1, n))
    v = random.standard_normal(n)
    basis[0] = v / np.linalg.norm(v)
    alphas, betas = [], []
    for j in range(min(most, n)):
        w = loss.product(basis[j])
        alphas.append(float(basis[j] @ w))
        for _ in range(2): w = w - basis[: j + 1].T @ (basis[: j + 1] @ w)
        beta = float(np.linalg.norm(w))
        if (j + 1) % 20 == 0 or j + 1 == min(most, n):
            T = np.diag(alphas) + np.diag(betas, 1) + np.diag(betas, -1)
            theta, s = np.linalg.eigh(T)
            order = np.argsort(-abs(theta))
            residuals = beta * abs(s[-1, order])
            theta = theta[order]
            settled = residuals <= tolerance * abs(theta[0])
            if settled[:count].all(): return theta[settled], float(residuals[:count].max())
        betas.append(beta)
        basis[j + 1] = w / beta
    raise SystemExit(f"the reference has not converged after {most} products: residuals {residuals[:count]}")
