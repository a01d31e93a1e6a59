// VisionTransformers
