"""Community Metrics Warehouse (社群指标仓库): daily exports in, audited releases of community metrics out."""

__version__ = "0.2.0"
