"""Relevance of a difference from a reference, beside Captum's DeepLift and SHAP's DeepExplainer."""
