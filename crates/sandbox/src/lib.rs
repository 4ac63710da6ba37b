//! The outside world in a box; what it takes and answers stands below.
#![doc = ""]
#![doc = include_str!("../README.md")]

mod aircall;
mod answer;
mod asked;
mod calcom;
mod calendly;
mod clock;
mod control;
mod courier;
mod diary;
mod enclosed;
mod fault;
mod hexmac;
mod hubspot;
mod mailbox;
mod origin;
mod page;
mod plug;
mod scheduler;
mod settings;

use std::net::SocketAddr;

pub use enclosed::Enclosed;
pub use settings::Settings;

/// All of them, listening.
pub struct Sandbox {
    hubspot: origin::Running,
    aircall: origin::Running,
    scheduler: origin::Running,
    calcom: origin::Running,
    calendly: origin::Running,
    mailbox: origin::Running,
    smtp: mailbox::smtp::Running,
}

impl Sandbox {
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        courier::ready();
        let mailbox = mailbox::Mailbox::default();
        let neighbours = origin::Neighbours::default();
        let sandbox = Self {
            hubspot: origin::start(settings.hubspot, hubspot::HubSpot::default(), &neighbours).await?,
            aircall: origin::start(settings.aircall, aircall::Aircall::default(), &neighbours).await?,
            scheduler: origin::start(settings.scheduler, scheduler::Scheduler::default(), &neighbours)
                .await?,
            calcom: origin::start(settings.calcom, calcom::Calcom::default(), &neighbours).await?,
            calendly: origin::start(settings.calendly, calendly::Calendly::default(), &neighbours).await?,
            smtp: mailbox::smtp::start(settings.mailbox_smtp, mailbox.clone()).await?,
            mailbox: origin::start(settings.mailbox_http, mailbox, &neighbours).await?,
        };
        let all = [
            ("HubSpot", sandbox.hubspot_url()),
            ("Aircall", sandbox.aircall_url()),
            ("Scheduler", sandbox.scheduler_url()),
            ("Cal.com", sandbox.calcom_url()),
            ("Calendly", sandbox.calendly_url()),
            ("Mailbox", sandbox.mailbox_url()),
        ];
        // Set once: nobody else has it to set.
        let _ = neighbours.set(all.to_vec());
        Ok(sandbox)
    }

    pub fn hubspot_url(&self) -> String {
        http(self.hubspot.address)
    }

    pub fn aircall_url(&self) -> String {
        http(self.aircall.address)
    }

    pub fn scheduler_url(&self) -> String {
        http(self.scheduler.address)
    }

    pub fn calcom_url(&self) -> String {
        http(self.calcom.address)
    }

    pub fn calendly_url(&self) -> String {
        http(self.calendly.address)
    }

    pub fn mailbox_url(&self) -> String {
        http(self.mailbox.address)
    }

    /// Plain SMTP, no TLS; any login is taken.
    pub fn smtp_url(&self) -> String {
        format!("smtp://{}", self.smtp.address)
    }

    /// Closes every address; requests that hang in a fault are cut off.
    pub async fn stop(self) {
        self.smtp.stop();
        tokio::join!(
            self.hubspot.stop(),
            self.aircall.stop(),
            self.scheduler.stop(),
            self.calcom.stop(),
            self.calendly.stop(),
            self.mailbox.stop()
        );
    }
}

fn http(address: SocketAddr) -> String {
    format!("http://{address}")
}
