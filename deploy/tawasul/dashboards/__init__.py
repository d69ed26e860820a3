"""The screens of operations as code; Grafana's JSON is made from it (`tawasul dashboards`)."""
