"""The pages of the dashboard: one function each.

The folder must not be called ``pages``: Streamlit would serve its files by themselves.
"""
