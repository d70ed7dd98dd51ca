{
  "adminHttpServers": [
    {
      "listenAddresses": [
        ":7982"
      ],
      "authenticationPolicy": {
        "allow": {}
      }
    }
  ],
  "clientGrpcServers": [
    {
      "listenAddresses": [
        ":8982"
      ],
      "authenticationPolicy": {
        "allow": {}
      }
    }
  ],
  "workerGrpcServers": [
    {
      "listenAddresses": [
        ":8983"
      ],
      "authenticationPolicy": {
        "allow": {}
      }
    }
  ],
  "buildQueueStateGrpcServers": [
    {
      "listenAddresses": [
        ":8984"
      ],
      "authenticationPolicy": {
        "allow": {}
      }
    }
  ],
  "contentAddressableStorage": {
    "sharding": {
      "shards": {
        "0": {
          "backend": {
            "grpc": {
              "client": {
                "address": "storage-0.storage.buildbarn:8981"
              }
            }
          },
          "weight": 1
        },
        "1": {
          "backend": {
            "grpc": {
              "client": {
                "address": "storage-1.storage.buildbarn:8981"
              }
            }
          },
          "weight": 1
        }
      }
    }
  },
  "maximumMessageSizeBytes": "2097152",
  "global": {
    "diagnosticsHttpServer": {
      "httpServers": [
        {
          "listenAddresses": [
            ":9980"
          ],
          "authenticationPolicy": {
            "allow": {}
          }
        }
      ],
      "enablePrometheus": true,
      "enablePprof": true,
      "enableActiveSpans": true
    }
  },
  "browserUrl": "http://browser.buildbarn:7984",
  "executeAuthorizer": {
    "allow": {}
  },
  "modifyDrainsAuthorizer": {
    "allow": {}
  },
  "killOperationsAuthorizer": {
    "allow": {}
  },
  "synchronizeAuthorizer": {
    "allow": {}
  },
  "actionRouter": {
    "simple": {
      "platformKeyExtractor": {
        "action": {}
      },
      "invocationKeyExtractors": [
        {
          "correlatedInvocationsId": {}
        },
        {
          "toolInvocationId": {}
        }
      ],
      "initialSizeClassAnalyzer": {
        "defaultExecutionTimeout": "1800s",
        "maximumExecutionTimeout": "7200s"
      }
    }
  },
  "platformQueueWithNoWorkersTimeout": "900s",
  "predeclaredPlatformQueues": [
    {
      "instanceNamePrefix": "",
      "platform": {
        "properties": [
          {
            "name": "OSFamily",
            "value": "linux"
          },
          {
            "name": "pool",
            "value": "large"
          }
        ]
      },
      "sizeClasses": [
        0
      ],
      "maximumQueuedBackgroundLearningOperations": 0
    }
  ]
}
