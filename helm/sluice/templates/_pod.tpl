{{/* The arguments of every container: flags that count beside a file. */}}
{{- define "sluice.arguments" -}}
- --config=/etc/sluice/config.yaml
- --hostname-override=$(NODE_NAME)
{{- with .Values.logging.format }}
- --logging-format={{ . }}
{{- end }}
{{- if .Values.logging.verbosity }}
- --v={{ .Values.logging.verbosity }}
{{- end }}
{{- end }}

{{/*
The image's entry point with further JVM options; empty where it needs none. Takes the root and whether the daemon runs
in its mode: with the mode's options from the beginning it need not start itself again.
*/}}
{{- define "sluice.command" -}}
{{- $root := index . 0 -}}
{{- $config := include "sluice.config" $root | fromYaml -}}
{{- $userspace := and (index . 1) (eq (toString $config.mode) "userspace") -}}
{{- $options := splitList " " $root.Values.javaOptions | compact -}}
{{- if or $userspace $options -}}
- /opt/sluice/runtime/bin/java
- "@/opt/sluice/jvm.options"
{{- if $userspace }}
- "@/opt/sluice/jvm-userspace.options"
{{- end }}
{{- range $options }}
- {{ . | quote }}
{{- end }}
- -jar
- /opt/sluice/sluice-daemon.jar
{{- end }}
{{- end }}

{{- define "sluice.environment" -}}
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
{{- if .Values.apiServer.host }}
# in place of the cluster address, which does not work before Sluice does
- name: KUBERNETES_SERVICE_HOST
  value: {{ .Values.apiServer.host | quote }}
- name: KUBERNETES_SERVICE_PORT
  value: {{ .Values.apiServer.port | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What the mode needs, as a list; nftables mode runs no program that opens a raw socket. */}}
{{- define "sluice.capabilities" -}}
{{- $config := include "sluice.config" . | fromYaml -}}
{{- eq (toString $config.mode) "nftables" | ternary (list "NET_ADMIN") (list "NET_ADMIN" "NET_RAW") | toJson }}
{{- end }}

{{/* A container that only works on the network: the values, and its capabilities; docs/faults.md has what was measured. */}}
{{- define "sluice.restricted" -}}
{{- $root := index . 0 -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
  add: {{ concat (index . 1) $root.Values.extraCapabilities | uniq | toJson }}
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: false
runAsUser: 0
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "sluice.volumeMounts" -}}
- name: config
  mountPath: /etc/sluice/config.yaml
  # a running Pod keeps its configuration: the roll-out brings the new one to a few nodes at a time
  subPath: config.yaml
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: xtables-lock
  mountPath: /run/xtables.lock
- name: modules
  mountPath: /lib/modules
  readOnly: true
{{- if include "sluice.kubeconfigSource" . }}
- name: kubeconfig
  {{- if .Values.kubeconfig.hostPath }}
  mountPath: {{ include "sluice.kubeconfigPath" . }}
  {{- else }}
  mountPath: {{ include "sluice.kubeconfigPath" . | dir }}
  {{- end }}
  readOnly: true
{{- end }}
{{- if .Values.stateDir.enabled }}
- name: state
  mountPath: /var/lib/sluice
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sluice.volumes" -}}
- name: config
  configMap:
    name: {{ include "sluice.fullname" . }}-config
- name: tmp
  emptyDir:
    sizeLimit: 128Mi
- name: xtables-lock
  hostPath:
    path: /run/xtables.lock
    type: FileOrCreate
- name: modules
  hostPath:
    path: /lib/modules
    type: ""
{{- if .Values.kubeconfig.hostPath }}
- name: kubeconfig
  hostPath:
    path: {{ .Values.kubeconfig.hostPath }}
    type: File
{{- else if .Values.kubeconfig.configMap }}
- name: kubeconfig
  configMap:
    name: {{ .Values.kubeconfig.configMap }}
    items:
      - key: {{ .Values.kubeconfig.key }}
        path: {{ include "sluice.kubeconfigPath" . | base }}
{{- else if .Values.kubeconfig.secret }}
- name: kubeconfig
  secret:
    secretName: {{ .Values.kubeconfig.secret }}
    items:
      - key: {{ .Values.kubeconfig.key }}
        path: {{ include "sluice.kubeconfigPath" . | base }}
{{- end }}
{{- if .Values.stateDir.enabled }}
- name: state
  hostPath:
    path: {{ .Values.stateDir.hostPath }}
    type: DirectoryOrCreate
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where Pods run. The arguments are the root context, and the conditions that one DaemonSet has besides. */}}
{{- define "sluice.placement" -}}
{{- $root := first . -}}
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            - key: kubernetes.io/arch
              operator: In
              values: {{ toJson $root.Values.image.architectures }}
            {{- with $root.Values.nodeMatchExpressions }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
            {{- with last . }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Conditions for the nodes that Sluice serves, as a list. */}}
{{- define "sluice.servedNodes" -}}
{{- with .Values.rollout.nodeLabel }}
- key: {{ . }}
  operator: In
  values: ["true"]
{{- end }}
{{- if .Values.handBack.enabled }}
- key: {{ .Values.handBack.nodeLabel }}
  operator: NotIn
  values: ["true"]
{{- end }}
{{- end }}

{{/* What the Pods of both DaemonSets have in common. */}}
{{- define "sluice.pod" -}}
hostNetwork: true
priorityClassName: {{ .Values.priorityClassName | quote }}
serviceAccountName: {{ include "sluice.serviceAccount" . }}
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
