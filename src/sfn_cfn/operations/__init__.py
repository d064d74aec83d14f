"""Definition, Settings -> Fragment: what a workflow in production needs, one module per capability.

storage     a bucket for the workflow's data, where the definition names one
"""
