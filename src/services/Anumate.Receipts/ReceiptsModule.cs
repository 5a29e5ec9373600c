using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Receipts;

/// <summary>The tenant's log: receipts of runs, and the audit trail.</summary>
public static class ReceiptsModule
{
    public static readonly Module Module = new("receipts") { Serves = typeof(IReceipts), Add = AddReceipts, Map = ReceiptEndpoints.Map };

    static void AddReceipts(IServiceCollection services, IConfiguration section)
    {
        services.AddOptionsOf<ReceiptOptions, ReceiptOptionsValidator>(section);
        services.AddSingleton<SealStore>();
        services.AddSingleton<ReceiptStore>();
        services.AddSingleton<IReceipts, ReceiptService>();
        services.AddHostedService<Sequencer>();
    }
}
