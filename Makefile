# Octoplane on a cluster, with the verbs of the operators before it. `make help` lists them.

# manifests/overlays/OVERLAY: production, kind or test, or a folder of your own.
OVERLAY ?= production
# What drives the hooks: metacontroller, driver (the project's own, for clusters that cannot have Metacontroller's image),
# or none where Metacontroller is installed already.
DRIVER ?= metacontroller
# Images are REGISTRY/octoplane/TARGET:TAG.
REGISTRY ?= localhost:30500
TAG ?= latest
CONTAINER_TOOL ?= docker
KUBECTL ?= kubectl
KIND ?= kind

TARGETS := hooks workers-api worker-builder worker-runtime router sweeper driver
OVERLAY_FOLDER = $(if $(wildcard manifests/overlays/$(OVERLAY)),manifests/overlays/$(OVERLAY),$(OVERLAY))
APPLY := $(KUBECTL) apply --server-side --force-conflicts
PARTS := --selector=app.kubernetes.io/part-of=octoplane --ignore-not-found

.DEFAULT_GOAL := help
.PHONY: help run images push install deploy undeploy uninstall no-accounts kind

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## the whole platform on this machine, without a cluster
	npm start

images: ## builds every image: REGISTRY, TAG, CONTAINER_TOOL
	@for target in $(TARGETS); do \
	  echo "$(CONTAINER_TOOL) build --target $$target --tag $(REGISTRY)/octoplane/$$target:$(TAG) ."; \
	  $(CONTAINER_TOOL) build --target $$target --tag $(REGISTRY)/octoplane/$$target:$(TAG) . || exit 1; \
	done

push: ## pushes them
	@for target in $(TARGETS); do $(CONTAINER_TOOL) push $(REGISTRY)/octoplane/$$target:$(TAG) || exit 1; done

install: ## the kinds: Octoplane's, and Metacontroller's unless DRIVER=none
	$(APPLY) -k manifests/crds
ifneq ($(DRIVER),none)
	$(APPLY) -f manifests/metacontroller/crds.yaml
	$(KUBECTL) wait --for=condition=Established --timeout=60s -f manifests/metacontroller/crds.yaml
endif
	$(KUBECTL) wait --for=condition=Established --timeout=60s -f manifests/crds

deploy: install ## the platform: OVERLAY (default production), DRIVER (metacontroller, driver or none)
ifneq ($(DRIVER),none)
	$(APPLY) -k manifests/$(DRIVER)
endif
ifeq ($(DRIVER),driver)
	$(KUBECTL) set image --namespace=metacontroller deployment/metacontroller metacontroller=$(REGISTRY)/octoplane/driver:$(TAG)
endif
	$(KUBECTL) delete job octoplane-certificates --namespace=octoplane-system --ignore-not-found
	$(APPLY) -k $(OVERLAY_FOLDER)
	$(KUBECTL) rollout status deployment --namespace=octoplane-system $(word 1,$(PARTS)) --timeout=300s
ifneq ($(DRIVER),none)
	$(KUBECTL) rollout status deployment --namespace=metacontroller $(word 1,$(PARTS)) --timeout=300s
endif

undeploy: ## takes the platform away; accounts and their workers stay as they are, and so do credentials
	-$(KUBECTL) delete compositecontrollers $(PARTS)
	-$(KUBECTL) delete deployments,cronjobs,jobs,services,ingresses,networkpolicies,poddisruptionbudgets,configmaps,secrets,roles,rolebindings,serviceaccounts --namespace=octoplane-system $(PARTS)
	-$(KUBECTL) delete clusterroles,clusterrolebindings,ingressclasses $(PARTS)
ifneq ($(DRIVER),none)
	-$(KUBECTL) delete deployments,serviceaccounts,networkpolicies --namespace=metacontroller $(PARTS)
endif

uninstall: no-accounts undeploy ## takes the kinds away, and with them every account and worker: only where there is none, or FORCE=true
	$(KUBECTL) delete --ignore-not-found -k manifests/crds
	$(KUBECTL) delete namespace octoplane-system --ignore-not-found
ifneq ($(DRIVER),none)
	@kind=$$($(KUBECTL) get crd compositecontrollers.metacontroller.k8s.io --output=name --ignore-not-found) || exit 1; \
	others=$$([ -z "$$kind" ] || $(KUBECTL) get compositecontrollers,decoratorcontrollers --output=name) || exit 1; \
	if [ -n "$$others" ]; then echo "Metacontroller's kinds stay, others use them:" $$others; exit 0; fi; \
	$(KUBECTL) delete --ignore-not-found -f manifests/metacontroller/crds.yaml -f manifests/metacontroller/namespace.yaml
endif

no-accounts:
	@kind=$$($(KUBECTL) get crd workeraccounts.api.cf-worker --output=name --ignore-not-found) || exit 1; \
	accounts=$$([ -z "$$kind" ] || $(KUBECTL) get workeraccounts --all-namespaces --output=name) || exit 1; \
	if [ -n "$$accounts" ] && [ "$(FORCE)" != true ]; then \
	  echo "These would be deleted, and their workers with them; delete them first, or say FORCE=true:" $$accounts >&2; exit 1; \
	fi

kind: ## a kind cluster with everything in it, on http://127.0.0.1:8080
	$(KIND) create cluster --config examples/kind/cluster.yaml
	$(APPLY) -k manifests/overlays/kind/stores
	$(KUBECTL) rollout status deployment --namespace=octoplane-stores --timeout=300s
	$(MAKE) images push deploy OVERLAY=kind
