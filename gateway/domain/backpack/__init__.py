"""The backpack's schema: one document for one learner, made of sections of entries."""
