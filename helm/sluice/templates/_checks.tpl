{{/* Refuses values that cannot work, with what to do about them. */}}
{{- define "sluice.checks" -}}
{{- include "sluice.checkConfig" . -}}
{{- include "sluice.checkApiServer" . -}}
{{- include "sluice.checkMonitors" . -}}
{{- include "sluice.checkOtherRelease" . -}}
{{- end }}

{{- define "sluice.checkConfig" -}}
{{- if .Values.config -}}
{{- $set := list -}}
{{- range $key := list "mode" "clusterCIDR" "nodePortAddresses" -}}
{{- if get $.Values $key }}{{ $set = append $set $key }}{{ end -}}
{{- end -}}
{{- if .Values.ipvs.scheduler }}{{ $set = append $set "ipvs.scheduler" }}{{ end -}}
{{- if .Values.ipvs.strictARP }}{{ $set = append $set "ipvs.strictARP" }}{{ end -}}
{{- if $set -}}
{{- fail (printf "\n\nconfig and %s are both given. config is the whole configuration: write it there, and leave out %s." (join ", " $set) (join ", " $set)) -}}
{{- end -}}
{{- $config := include "sluice.config" . | fromYaml -}}
{{- if $config.Error -}}
{{- fail (printf "\n\nconfig is no YAML: %s" $config.Error) -}}
{{- end -}}
{{- if ne (toString $config.kind) "KubeProxyConfiguration" -}}
{{- fail (printf "\n\nconfig is of kind %q, and must be a KubeProxyConfiguration." (toString $config.kind)) -}}
{{- end -}}
{{- $mode := toString ($config.mode | default "") -}}
{{- if not (has $mode (list "" "iptables" "ipvs" "userspace" "nftables")) -}}
{{- fail (printf "\n\nconfig.mode is %q, which Sluice does not have: use iptables, ipvs, userspace or nftables." $mode) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "sluice.checkApiServer" -}}
{{- $source := include "sluice.kubeconfigSource" . -}}
{{- $given := 0 -}}
{{- range $key := list "hostPath" "configMap" "secret" -}}
{{- if get $.Values.kubeconfig $key }}{{ $given = add $given 1 }}{{ end -}}
{{- end -}}
{{- if gt (int $given) 1 -}}
{{- fail "\n\nkubeconfig has more than one of hostPath, configMap and secret: give one." -}}
{{- end -}}
{{- $named := include "sluice.namedKubeconfig" . -}}
{{- if and $named (not $source) (not .Values.extraVolumeMounts) -}}
{{- fail (printf "\n\nconfig names the kubeconfig %s, which no container has. Say where it is: kubeconfig.hostPath for a file of the node, kubeconfig.configMap or kubeconfig.secret.\nOr leave clientConnection.kubeconfig out, and give apiServer.host." $named) -}}
{{- end -}}
{{- if and .Values.config $source (not $named) -}}
{{- fail (printf "\n\nkubeconfig is given, and config does not use it: write clientConnection.kubeconfig: %s into config." (include "sluice.kubeconfigPath" .)) -}}
{{- end -}}
{{- if not (or .Values.apiServer.host $source $named) -}}
{{- fail "\n\napiServer.host is missing: the API server's address as nodes reach it without a Service.\nA proxy cannot start through the cluster address that it is to make work.\n'kubectl cluster-info' shows it, e.g. --set apiServer.host=192.168.0.10 --set apiServer.port=6443. Or give kubeconfig." -}}
{{- end -}}
{{- if and .Values.apiServer.host (or $source $named) -}}
{{- fail "\n\napiServer.host and a kubeconfig are both given, and only one can name the API server: leave out apiServer.host." -}}
{{- end -}}
{{- if contains "/" .Values.apiServer.host -}}
{{- fail (printf "\n\napiServer.host is %q: give a name or an IP address, without scheme and port; the port is apiServer.port." .Values.apiServer.host) -}}
{{- end -}}
{{- end }}

{{- define "sluice.checkMonitors" -}}
{{- if and (or .Values.podMonitor.enabled .Values.serviceMonitor.enabled) (not (include "sluice.metricsReachable" .)) -}}
{{- fail (printf "\n\npodMonitor or serviceMonitor is enabled, and /metrics listens on %s, where Prometheus cannot reach it.\nSet metrics.bindAddress, or metricsBindAddress in config, to 0.0.0.0:10249." (include "sluice.metricsAddress" .)) -}}
{{- end -}}
{{- if and .Values.podMonitor.enabled .Values.serviceMonitor.enabled -}}
{{- fail "\n\npodMonitor and serviceMonitor are both enabled: each Pod would be scraped twice. Enable one." -}}
{{- end -}}
{{- end }}

{{/* Only while Helm talks to a cluster, whose kinds it then knows by name; 'helm template' does not. */}}
{{- define "sluice.checkOtherRelease" -}}
{{- if .Capabilities.APIVersions.Has "rbac.authorization.k8s.io/v1/ClusterRole" -}}
{{- $name := include "sluice.fullname" . -}}
{{- $role := lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" $name -}}
{{- if $role -}}
{{- $annotations := dig "metadata" "annotations" (dict) $role -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $namespace := get $annotations "meta.helm.sh/release-namespace" -}}
{{- if not $release -}}
{{- fail (printf "\n\nClusterRole %s exists, and no Helm release owns it: was Sluice installed by its plain manifests?\nRemove those first (kubectl delete -f), or give this release another fullnameOverride and nodes of its own (nodeSelector)." $name) -}}
{{- else if or (ne $release .Release.Name) (ne $namespace .Release.Namespace) -}}
{{- fail (printf "\n\nRelease %s in namespace %s runs Sluice in this cluster already, and a node has one proxy.\nUpgrade that release: helm upgrade %s --namespace %s. For other nodes, give this one another fullnameOverride\nand a nodeSelector that excludes the other's nodes." $release $namespace $release $namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
