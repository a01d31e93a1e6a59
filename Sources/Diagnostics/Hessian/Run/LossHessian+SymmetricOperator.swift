public import Hessian
public import VisionTransformers

/// A model's loss Hessian is an operator for the solvers.
///
/// Said here, where both modules are known: the solvers know no model, and the models know no solver.
extension LossHessian: SymmetricOperator {}
