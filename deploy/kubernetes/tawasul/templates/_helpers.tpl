{{- define "tawasul.labels" -}}
app.kubernetes.io/part-of: tawasul
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{- define "tawasul.selector" -}}
app.kubernetes.io/part-of: tawasul
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "tawasul.flows" -}}
{{ .Files.Get "files/flows.yaml" }}
{{- end }}

{{- define "tawasul.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  {{- with .add }}
  add: {{ toJson . }}
  {{- end }}
{{- end }}

{{- define "tawasul.pod-security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* Over zones where there are some, and never two on one machine while another is free. */}}
{{- define "tawasul.spread" -}}
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: ScheduleAnyway
  labelSelector: {matchLabels: {{ include "tawasul.selector" . | fromYaml | toJson }}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector: {matchLabels: {{ include "tawasul.selector" . | fromYaml | toJson }}}
{{- end }}

{{- define "tawasul.kafka-labels" -}}
strimzi.io/cluster: {{ .root.Values.kafka.name }}
{{- end }}
