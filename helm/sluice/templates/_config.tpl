{{/* The text of the configuration file: the one that was given, or one made of the values. */}}
{{- define "sluice.config" -}}
{{- if kindIs "string" .Values.config -}}
{{ .Values.config }}
{{- else if .Values.config -}}
{{ merge (deepCopy .Values.config) (dict "apiVersion" "kubeproxy.config.k8s.io/v1alpha1" "kind" "KubeProxyConfiguration") | toYaml }}
{{- else -}}
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: {{ .Values.mode | default "iptables" }}
{{- with .Values.clusterCIDR }}
clusterCIDR: {{ . | quote }}
{{- end }}
{{- with .Values.nodePortAddresses }}
nodePortAddresses:
  {{- toYaml . | nindent 2 }}
{{- end }}
healthzBindAddress: {{ .Values.healthz.bindAddress | quote }}
metricsBindAddress: {{ .Values.metrics.bindAddress | quote }}
{{- if include "sluice.kubeconfigSource" . }}
clientConnection:
  kubeconfig: {{ include "sluice.kubeconfigPath" . }}
{{- end }}
{{- if or .Values.ipvs.scheduler .Values.ipvs.strictARP }}
ipvs:
  {{- with .Values.ipvs.scheduler }}
  scheduler: {{ . }}
  {{- end }}
  {{- if .Values.ipvs.strictARP }}
  strictARP: true
  {{- end }}
{{- end }}
{{- if not (has "SYS_RESOURCE" .Values.extraCapabilities) }}
# the kubelet's own value for this priority; a lower one takes CAP_SYS_RESOURCE
oomScoreAdj: -997
{{- end }}
{{- end -}}
{{- end }}

{{/* The host of ADDRESS or ADDRESS:PORT, without brackets. */}}
{{- define "sluice.hostOf" -}}
{{- if hasPrefix "[" . -}}
{{- regexReplaceAll "^\\[([^\\]]*)\\].*$" . "${1}" -}}
{{- else if eq (len (splitList ":" .)) 2 -}}
{{- regexReplaceAll ":.*$" . "" -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end }}

{{/* The port of ADDRESS or ADDRESS:PORT; the arguments are the address and the default. */}}
{{- define "sluice.portOf" -}}
{{- $address := first . -}}
{{- if regexMatch "^(\\[.*\\]|[^:]*):[0-9]+$" $address -}}
{{- regexReplaceAll "^.*:([0-9]+)$" $address "${1}" -}}
{{- else -}}
{{- last . -}}
{{- end -}}
{{- end }}

{{/* The address of the metrics server by the configuration. */}}
{{- define "sluice.metricsAddress" -}}
{{- $config := include "sluice.config" . | fromYaml -}}
{{- $config.metricsBindAddress | default (hasPrefix "[" ($config.bindAddress | default "") | ternary "[::1]:10249" "127.0.0.1:10249") -}}
{{- end }}

{{- define "sluice.metricsPort" -}}
{{- include "sluice.portOf" (list (include "sluice.metricsAddress" .) "10249") -}}
{{- end }}

{{/* Not empty where Prometheus on another node can reach the metrics server. */}}
{{- define "sluice.metricsReachable" -}}
{{- $host := include "sluice.hostOf" (include "sluice.metricsAddress" .) -}}
{{- if not (or (hasPrefix "127." $host) (eq $host "::1") (eq $host "localhost")) -}}yes{{- end -}}
{{- end }}

{{/* The address of the health server by the configuration. */}}
{{- define "sluice.healthAddress" -}}
{{- $config := include "sluice.config" . | fromYaml -}}
{{- $config.healthzBindAddress | default "0.0.0.0:10256" -}}
{{- end }}

{{/* An HTTP probe's target; the arguments are the root context and the path. */}}
{{- define "sluice.probe" -}}
{{- $address := include "sluice.healthAddress" (first .) -}}
{{- $host := include "sluice.hostOf" $address -}}
httpGet:
  {{- if not (has $host (list "0.0.0.0" "::")) }}
  host: {{ $host | quote }}
  {{- end }}
  path: {{ last . }}
  port: {{ include "sluice.portOf" (list $address "10256") }}
{{- end }}

{{/* Not empty where a kubeconfig is given. */}}
{{- define "sluice.kubeconfigSource" -}}
{{- with .Values.kubeconfig }}{{ .hostPath }}{{ .configMap }}{{ .secret }}{{ end -}}
{{- end }}

{{/* The kubeconfig that the given configuration names. */}}
{{- define "sluice.namedKubeconfig" -}}
{{- if .Values.config -}}
{{- $config := include "sluice.config" . | fromYaml -}}
{{- ($config.clientConnection | default dict).kubeconfig | default "" -}}
{{- end -}}
{{- end }}

{{/* Where the containers find the kubeconfig: where the given configuration says, or a place of our own. */}}
{{- define "sluice.kubeconfigPath" -}}
{{- include "sluice.namedKubeconfig" . | default .Values.kubeconfig.hostPath | default "/etc/sluice/kubeconfig/kubeconfig" -}}
{{- end }}
