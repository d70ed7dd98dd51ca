// Command kubernetes is every program of a cluster in one binary; its first argument says which of them to be.
// They share most of their code, so one of them builds in minutes where seven would take an hour.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/pkg/controller/job"
)

func main() {
	if len(os.Args) < 2 {
		fail("usage: kubernetes PROGRAM [ARGUMENT...]")
	}
	program := os.Args[1]
	os.Args = os.Args[1:]
	if program == "etcd" {
		etcdmain.Main(os.Args)
		return
	}
	command := commandOf(program)
	if command == nil {
		fail(fmt.Sprintf("no program of that name: %q", program))
	}
	if program == "kubectl" {
		if err := cli.RunNoErrOutput(command); err != nil {
			kubectlutil.CheckErr(err)
		}
		return
	}
	os.Exit(cli.Run(command))
}

func commandOf(program string) *cobra.Command {
	switch program {
	case "kube-apiserver":
		return apiserver.NewAPIServerCommand()
	case "kube-controller-manager":
		setJobBatchPeriod()
		return controllermanager.NewControllerManagerCommand()
	case "kube-scheduler":
		return scheduler.NewSchedulerCommand()
	case "kubelet":
		return kubelet.NewKubeletCommand(context.Background())
	case "kube-proxy":
		return proxy.NewProxyCommand()
	case "kubectl":
		return kubectl.NewDefaultKubectlCommand()
	}
	return nil
}

// The Job controller gathers pod events for a second before it looks, which is most of the time that a small build
// takes. Tests may shorten that; measurements that compare with other clusters leave it alone.
func setJobBatchPeriod() {
	period := os.Getenv("JOB_BATCH_PERIOD")
	if period == "" {
		return
	}
	duration, err := time.ParseDuration(period)
	if err != nil {
		fail(fmt.Sprintf("JOB_BATCH_PERIOD: %v", err))
	}
	job.SyncJobBatchPeriod = duration
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}
